import { Client } from './client.js';

/** The platform that the stories are told of. */
export function platform(): Client {
  return new Client(platformUrl());
}

export function platformUrl(): string {
  const url = process.env['TWOFOLD_URL'];
  if (!url) throw new Error('No platform runs: start the stories with npm test.');
  return url;
}
