import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { packageRoot } from '#database';

const read = (name: string) => readFileSync(join(packageRoot(), 'apps/monolith/public', name), 'utf8');
/** Images may be loaded from any origin, as in posts; everything else only from this origin. */
const POLICY = `default-src 'self'; img-src * data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The home page: state of the platform, and the latest posts. */
@ApiExcludeController()
@Controller()
export class HomeController {
  private readonly page = read('home.html');
  private readonly script = read('home.js');
  private readonly style = read('home.css');

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', POLICY)
  @Header('x-content-type-options', 'nosniff')
  @Header('referrer-policy', 'no-referrer')
  showPage(): string {
    return this.page;
  }

  @Get('home.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  @Header('x-content-type-options', 'nosniff')
  showScript(): string {
    return this.script;
  }

  @Get('home.css')
  @Header('content-type', 'text/css; charset=utf-8')
  @Header('x-content-type-options', 'nosniff')
  showStyle(): string {
    return this.style;
  }
}
