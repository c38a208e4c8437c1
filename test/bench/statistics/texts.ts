/** A typical post: some paragraphs with a little Markdown. */
export const post = {
  title: 'Why the outbox',
  body: `Events *wait* in the database of their writer, until **every** reader has them.

A change and its event are one statement, so that neither can be there without the other. See
[the delivery core](https://example.com/delivery) for the whole way.

- nothing is lost
- nothing happens twice`,
  tags: ['delivery', 'postgres'],
  status: 'published',
};
