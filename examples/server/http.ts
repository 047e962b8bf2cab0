import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { side, type Serving } from './serving.js';

/** Answers `POST /predict` (784 bytes) and `GET /status`. */
export function createHttpServer(serving: Serving, status: () => object): Server {
  return createServer((request, response) => {
    route(request, response, serving, status).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else reply(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
  status: () => object,
): Promise<void> {
  const target = `${request.method} ${request.url}`;
  if (target === 'GET /status') return reply(response, 200, status());
  if (target !== 'POST /predict') return reply(response, 404, { error: 'need POST /predict or GET /status' });
  const pixels = await readBody(request, side * side);
  if (pixels === undefined) return reply(response, 400, { error: `need ${side * side} bytes, a row after the other` });
  const answer = serving.predict(pixels);
  if (answer === undefined) return reply(response, 503, { error: 'too many requests are waiting' });
  reply(response, 200, await answer);
}

/** The body if it has exactly this many bytes. */
async function readBody(request: IncomingMessage, bytes: number): Promise<Uint8Array | undefined> {
  const body = new Uint8Array(bytes);
  let length = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    if (length + chunk.length > bytes) return undefined;
    body.set(chunk, length);
    length += chunk.length;
  }
  return length === bytes ? body : undefined;
}

function reply(response: ServerResponse, code: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
