import { EventEmitter } from 'node:events';
import { Broadcast, type Listener } from '../broadcast.js';
import type { RedisConnection } from './redis-connection.js';

/** Broadcast between all processes, through Redis. Subscriptions are restored after a reconnect. */
export class RedisBroadcast extends Broadcast {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private listening: Promise<RedisConnection> | undefined;

  constructor(private readonly redis: RedisConnection) {
    super();
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.redis
      .withTimeout('PUBLISH', this.redis.client.publish(this.nameOf(channel), message))
      .catch(() => undefined);
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const name = this.nameOf(channel);
    this.listening ??= this.listen();
    const connection = await this.listening;
    const { client } = connection;
    this.emitter.on(name, listener);
    // If this fails, the `ready` handler below subscribes after the reconnect.
    if (this.emitter.listenerCount(name) === 1)
      await connection.withTimeout('SUBSCRIBE', client.subscribe(name)).catch(() => undefined);
    return async () => {
      this.emitter.off(name, listener);
      if (this.emitter.listenerCount(name) > 0) return;
      await connection.withTimeout('UNSUBSCRIBE', client.unsubscribe(name)).catch(() => undefined);
    };
  }

  override async close(): Promise<void> {
    (await this.listening)?.close();
  }

  /** A separate connection, because one in subscriber mode cannot run other commands. */
  private async listen(): Promise<RedisConnection> {
    const connection = await this.redis.duplicate();
    connection.client.on('message', (name: string, message: string) => this.emitter.emit(name, message));
    // Adds the subscriptions that were made while the connection was down.
    connection.client.on('ready', () => {
      const names = this.emitter.eventNames().map(String);
      if (names.length > 0) void connection.client.subscribe(...names).catch(() => undefined);
    });
    return connection;
  }

  private nameOf(channel: string): string {
    return `${this.redis.namespace}channel:${channel}`;
  }
}
