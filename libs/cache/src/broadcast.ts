import { EventEmitter } from 'node:events';

export type Listener = (message: string) => void;

/**
 * Sends a message to all processes of the platform, at most once: a process that is not running, or whose connection
 * has just ended, misses it. Use an event for what must not be missed.
 */
export abstract class Broadcast {
  /** Resolves when the message has been sent. While the channel is unavailable it is lost, without an error. */
  abstract publish(channel: string, message: string): Promise<void>;

  /** Calls `listener` for each new message, including those of this process. Returns a function that unsubscribes. */
  abstract subscribe(channel: string, listener: Listener): Promise<() => Promise<void>>;

  /** Afterwards no listener is called, and no connection is open. */
  async close(): Promise<void> {}
}

/** Broadcast within one process. */
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
