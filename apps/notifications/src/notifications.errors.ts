import { catalogue } from '#runtime';

export const notificationErrors = catalogue({
  NOTIFICATION_NOT_FOUND: { status: 404, title: 'There is no such notification.' },
});
