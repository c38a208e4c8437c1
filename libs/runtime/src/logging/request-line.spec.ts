import { describe, expect, it } from '@jest/globals';
import { fieldsOf } from './request-line.js';

const line = {
  method: 'GET',
  route: '/v1/posts/:id',
  service: 'posts',
  status: 200,
  ms: 2.7,
  account: undefined,
  traceparent: undefined,
};

describe('The line of a request', () => {
  it('has what is known of it, and the message', () => {
    const trace = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    const traceparent = `00-${trace.traceId}-${trace.spanId}-01`;
    const account = '0198c0de-0000-7000-8000-000000002762';
    const msg = 'GET /v1/posts/:id 200 3 ms';
    expect(JSON.parse(`{${fieldsOf({ ...line, account, traceparent })}}`)).toEqual({
      context: 'http',
      method: 'GET',
      route: '/v1/posts/:id',
      status: 200,
      ms: 3,
      account,
      ...trace,
      msg,
    });
    expect(JSON.parse(`{${fieldsOf(line)}}`)).not.toHaveProperty('account');
  });

  it('is JSON whatever the route', () => {
    const route = '/a"b\\c\n';
    expect(JSON.parse(`{${fieldsOf({ ...line, route })}}`)).toMatchObject({ route, msg: `GET ${route} 200 3 ms` });
  });
});
