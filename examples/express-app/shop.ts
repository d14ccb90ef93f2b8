/** A small shop: what is for sale, and orders of whoever is signed in. It knows nothing of guards. */
import { Router, type Request, type Response } from 'express';
import type { Sessions } from './sessions.ts';

const PRODUCTS = [
  { id: '1', name: 'lantern', cents: 2900 },
  { id: '2', name: 'field glass', cents: 8900 },
  { id: '3', name: 'bugle', cents: 4900 },
] as const;

// Orders are kept in memory, the oldest go: this is an example, not a shop.
const ORDERS_MAX = 10_000;

interface Order {
  readonly id: string;
  readonly user: string;
  readonly product: (typeof PRODUCTS)[number];
}

export class Shop {
  readonly #sessions: Sessions;
  readonly #orders = new Map<string, Order>();
  #lastId = 0;

  constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  routes(): Router {
    const router = Router();
    router.get('/products', (_request, response) => void response.json(PRODUCTS));
    router.get('/products/:id', (request, response) => {
      answer(
        response,
        PRODUCTS.find(({ id }) => id === request.params.id),
      );
    });
    router.get('/orders/:id', (request, response) => this.#show(request, response));
    router.post('/orders', (request, response) => this.#place(request, response));
    return router;
  }

  #show(request: Request<{ id: string }>, response: Response): void {
    const order = this.#orders.get(request.params.id);
    answer(response, order?.user === this.#userOf(request) ? order : undefined);
  }

  #place(request: Request, response: Response): void {
    const user = this.#userOf(request);
    const product = PRODUCTS.find(({ id }) => id === fieldOf(request.body, 'product'));
    if (user === undefined) return void response.status(401).json({ error: 'sign in first: POST /sessions' });
    if (product === undefined) return void response.status(400).json({ error: 'no such product' });
    const order = { id: String(++this.#lastId), user, product };
    const [oldest] = this.#orders.keys();
    if (this.#orders.size >= ORDERS_MAX && oldest !== undefined) this.#orders.delete(oldest);
    this.#orders.set(order.id, order);
    response.status(201).json(order);
  }

  #userOf(request: Request): string | undefined {
    return this.#sessions.userOf(request.headers.authorization);
  }
}

/** A field of a body that somebody sent. */
export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined;
}

function answer(response: Response, found: unknown): void {
  if (found === undefined) response.status(404).json({ error: 'not found' });
  else response.json(found);
}
