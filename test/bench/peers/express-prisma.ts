/** A peer: a blog on Express and Prisma. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { z } from 'zod';
import { answerParent, endOnSignal } from '../sides/shared/answer-parent.js';
import { Blog, Credentials, NewPost, Page } from './blog.js';

const blog = new Blog();
const app = express();
app.use(express.json());

app.get('/posts', async (request, response) => {
  response.json(await blog.list(Page.parse(request.query)));
});

app.get('/posts/:slug', async (request, response) => {
  const post = await blog.read(request.params.slug);
  if (post) response.json({ data: post });
  else response.status(404).json({ error: 'There is no such post.' });
});

app.get('/users/:handle/posts', async (request, response) => {
  response.json(await blog.list(Page.parse(request.query), request.params.handle));
});

app.post('/posts', async (request, response) => {
  const author = await blog.userOf(request.headers.authorization);
  response.status(201).json({ data: await blog.create(author, NewPost.parse(request.body)) });
});

app.post('/login', async (request, response) => {
  const token = await blog.logIn(Credentials.parse(request.body));
  if (token) response.json({ data: { token } });
  else response.status(401).json({ error: 'The credentials are wrong.' });
});

const onError: ErrorRequestHandler = (error: Error, _request, response, _next) => {
  response.status(error instanceof z.ZodError ? 422 : 500).json({ error: error.message });
};
app.use(onError);

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
endOnSignal(async () => server.close());
answerParent(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
