import { Injectable } from '@nestjs/common';

/** Whether the process has started, and whether it is shutting down. */
@Injectable()
export class Lifecycle {
  started = false;
  draining = false;
}
