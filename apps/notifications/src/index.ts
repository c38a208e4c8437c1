import type { ServiceDefinition } from '#runtime';
import { NotificationsModule } from './notifications.module.js';

export const notifications: ServiceDefinition = { name: 'notifications', module: NotificationsModule };
