import { Injectable } from '@nestjs/common';

/** How far the process is between its start and its end. */
@Injectable()
export class Lifecycle {
  started = false;
  draining = false;
}
