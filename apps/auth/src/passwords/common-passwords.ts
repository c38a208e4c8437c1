import { Injectable } from '@nestjs/common';

/** The list of passwords that zxcvbn-ts keeps: the commonest of those that have leaked, in lower case. */
@Injectable()
export class CommonPasswords {
  private list: Promise<ReadonlySet<string>> | undefined;

  /** Letters may be written large; whatever else is changed makes another password. */
  async has(password: string): Promise<boolean> {
    this.list ??= load();
    return (await this.list).has(password.normalize('NFKC').toLowerCase());
  }
}

/** With the first registration, not at the start: it takes a moment. */
async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  const passwords: readonly (string | number)[] = dictionary['passwords-common'];
  return new Set(passwords.map((password) => String(password).toLowerCase()));
}
