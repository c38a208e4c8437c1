import { auth, AuthService, SigningKeys } from '#auth';
import { notifications } from '#notifications';
import { posts } from '#posts';
import { runService } from '#runtime';
import { users } from '#users';
import { welcomeNewcomer } from './welcome.js';

const here = { userAgent: null, address: '127.0.0.1' };

await runService({
  name: 'monolith',
  services: [auth, users, posts, notifications],
  keySource: (app) => app.get(SigningKeys, { strict: false }),
  whenListening: (app, started) => {
    const service = app.get(AuthService, { strict: false });
    return welcomeNewcomer((account) => service.register(account, here), started);
  },
});
