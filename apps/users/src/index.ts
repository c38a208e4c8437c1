import type { ServiceDefinition } from '#runtime';
import { UsersModule } from './users.module.js';

export const users: ServiceDefinition = { name: 'users', module: UsersModule };
