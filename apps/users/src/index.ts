import type { ServiceDefinition } from '#runtime';
import { UsersModule } from './users.module.js';

export { UsersRepublisher } from './users/users.republisher.js';
export { UsersService } from './users/users.service.js';

export const users: ServiceDefinition = {
  name: 'users',
  summary: 'Profiles, and who follows whom.',
  module: UsersModule,
};
