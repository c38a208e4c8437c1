import { EventEmitter } from 'node:events';

export type Listener = (message: string) => void;

/**
 * Tells all processes of the platform something at once. At most once: who is not there, or whose connection has just
 * ended, misses it. What must not be missed is an event.
 */
export abstract class Broadcast {
  /** Resolves when it has been sent. While the channel is away nobody hears it, and nothing fails. */
  abstract publish(channel: string, message: string): Promise<void>;

  /** Calls `listener` for each message from now on, those of this process too. Returns what ends it. */
  abstract subscribe(channel: string, listener: Listener): Promise<() => Promise<void>>;

  /** Afterwards nobody hears anything, and nothing is open. */
  async close(): Promise<void> {}
}

/** Among the parts of one process. */
export class MemoryBroadcast extends Broadcast {
  private readonly emitter = new EventEmitter().setMaxListeners(0);

  publish(channel: string, message: string): Promise<void> {
    this.emitter.emit(channel, message);
    return Promise.resolve();
  }

  subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    this.emitter.on(channel, listener);
    return Promise.resolve(() => {
      this.emitter.off(channel, listener);
      return Promise.resolve();
    });
  }
}
