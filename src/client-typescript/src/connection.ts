/** How to reach a server, and how patient to be. */
export interface ConnectionOptions {
  /** Where the server is, such as `https://grains.example.com`. */
  url: string;
  /** An API key: it names the tenant, and what may be asked for. */
  key: string;
  /** How often a request is tried again. Default 5. */
  retries?: number;
  /** Milliseconds before the first repeat; they double each time, but for a server that says how long. Default 200. */
  firstPause?: number;
  /** Lines in one request of a stream, which are kept until they are answered. Default 5,000. */
  linesARequest?: number;
  /** In place of the one that there is. */
  fetch?: typeof fetch;
  /** Gives all calls up, and the pauses between their tries: with what it was aborted with. */
  signal?: AbortSignal;
}

/** The server did not do it, and says why. */
export class ReferralGrainsError extends Error {
  constructor(
    readonly status: number,
    /** Stable, for machines. */
    readonly code: string,
    detail: string,
    /** The field that it is about. */
    readonly param: string | undefined,
    readonly requestId: string | undefined,
    /** Milliseconds that the server wants to be left alone. */
    readonly retryAfter: number | undefined,
  ) {
    super(`${status} ${code}: ${detail}`);
    this.name = "ReferralGrainsError";
  }

  /** Whether it is worth repeating. */
  get isTransient(): boolean {
    return this.status === 429 || (this.status >= 502 && this.status <= 504) || this.code === "idempotency_key_in_use";
  }
}

/** No answer came, however often it was asked; `cause` says why. Whether it was done is not known: the same ids may be sent again. */
export class ReferralGrainsUnreachable extends Error {
  override name = "ReferralGrainsUnreachable";
}

type Query = Record<string, string | number | boolean | undefined>;

export class Connection {
  readonly #options: Required<Omit<ConnectionOptions, "signal">>;
  readonly #signal: AbortSignal | undefined;

  constructor(options: ConnectionOptions) {
    // An option that is there and undefined is one that is left out. A line end from a file is not part of a key.
    const { url, retries = 5, firstPause = 200, linesARequest = 5_000, fetch = globalThis.fetch.bind(globalThis) } = options;
    const key = options.key.trim();
    if (!/^[!-~]*$/.test(key)) throw new TypeError("The key has a character that no key has.");
    this.#options = { url, key, retries, firstPause, linesARequest, fetch };
    this.#signal = options.signal;
  }

  protected async send<TAnswer>(method: string, path: string, query: object, body: unknown): Promise<TAnswer> {
    // It names the request over all tries.
    const name = method === "POST" ? unique() : undefined;
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await this.#fetch(method, path, query, "application/json", body === undefined ? undefined : JSON.stringify(body), name);
        return (await this.#reached(response.json())) as TAnswer;
      } catch (error) {
        await this.#pause(attempt, error);
      }
    }
  }

  /** All entries of a list, page by page as they are asked for. */
  protected async *pages<TEntry extends object>(path: string, query: object, id = "id"): AsyncGenerator<TEntry> {
    let after: { starting_after?: string } = {};
    for (;;) {
      const page: { data: TEntry[]; has_more: boolean } = await this.send("GET", path, { ...query, ...after }, undefined);
      yield* page.data;
      const last = page.data.at(-1);
      if (!page.has_more || last === undefined) return;
      after = { starting_after: String(last[id as keyof TEntry]) };
    }
  }

  /**
   * Sends lines in requests and gives their answers in the same order. A request that breaks is sent again from its first line without
   * an answer; lines have ids of their own, so none is done twice.
   */
  protected async *lines<TLine, TAnswer extends object>(
    path: string,
    query: object,
    lines: AsyncIterable<TLine> | Iterable<TLine>,
  ): AsyncGenerator<TAnswer> {
    let line = 0;
    for await (const chunk of chunks(lines, this.#options.linesARequest)) {
      let [answered, attempt] = [0, 1];
      while (answered < chunk.length) {
        const answers = this.#answers<TAnswer>(path, query, chunk.slice(answered));
        try {
          while (answered < chunk.length) {
            let next: IteratorResult<TAnswer>;
            try {
              next = await answers.next();
              if (next.done) throw new ReferralGrainsUnreachable("The answer ended before its last line.");
            } catch (error) {
              await this.#pause(attempt++, error);
              break;
            }
            [answered, attempt] = [answered + 1, 1];
            yield { ...next.value, line: ++line } as unknown as Awaited<TAnswer>;
          }
        } finally {
          // Whoever stops reading leaves no request open.
          await answers.return(undefined).catch(() => undefined);
        }
      }
    }
  }

  async *#answers<TAnswer>(path: string, query: object, lines: unknown[]): AsyncGenerator<TAnswer> {
    const body = lines.map((one) => JSON.stringify(one) + "\n").join("");
    const response = await this.#fetch("POST", path, query, "application/x-ndjson", body, undefined);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    try {
      let rest = "";
      for (;;) {
        const { done, value } = await this.#reached(reader.read());
        if (done) return;
        const texts = (rest + value).split("\n");
        rest = texts.pop()!;
        for (const text of texts) {
          if (text === "") continue;
          const answer = JSON.parse(text);
          if (answer.summary) return;
          // It was not taken for a reason that passes, as a request that is answered 503.
          if (["busy", "unavailable", "answers_unread"].includes(answer.error?.code)) throw new ReferralGrainsUnreachable(answer.error.detail);
          yield answer as TAnswer;
        }
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  async #fetch(method: string, path: string, query: object, type: string, body: string | undefined, name: string | undefined): Promise<Response> {
    const target = new URL(this.#options.url.replace(/\/$/, "") + path);
    for (const [key, value] of Object.entries(query as Query)) if (value !== undefined) target.searchParams.set(key, String(value));
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#options.key}`, Accept: type };
    if (body !== undefined) headers["Content-Type"] = type;
    if (name !== undefined) headers["Idempotency-Key"] = name;
    const response = await this.#reached(this.#options.fetch(target, { method, headers, ...(body === undefined ? {} : { body }), ...(this.#signal === undefined ? {} : { signal: this.#signal }) }));
    if (response.ok) return response;
    const problem = (await response.json().catch(() => undefined)) ?? {};
    const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
    throw new ReferralGrainsError(
      response.status,
      problem.code ?? "not_from_referralgrains",
      problem.detail ?? response.statusText,
      problem.param ?? undefined,
      problem.request_id ?? undefined,
      Number.isNaN(seconds) ? undefined : seconds * 1000,
    );
  }

  async #reached<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      // Whoever gives it up does not want it tried again.
      this.#signal?.throwIfAborted();
      if (error instanceof Error && error.name === "AbortError") throw error;
      throw new ReferralGrainsUnreachable("The server cannot be reached, or its answer broke off.", { cause: error });
    }
  }

  // Twice as long each time, and never two clients in step.
  async #pause(attempt: number, error: unknown): Promise<void> {
    const isTransient = error instanceof ReferralGrainsError ? error.isTransient : error instanceof ReferralGrainsUnreachable;
    if (!isTransient || attempt > this.#options.retries) throw error;
    const most = this.#options.firstPause * 2 ** Math.min(attempt - 1, 10);
    const pause = (error instanceof ReferralGrainsError ? error.retryAfter : undefined) ?? most / 2 + (most / 2) * Math.random();
    const signal = this.#signal;
    signal?.throwIfAborted();
    await new Promise<void>((done) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        done();
      };
      const timer = setTimeout(end, pause);
      signal?.addEventListener("abort", end);
    });
    signal?.throwIfAborted();
  }
}

// Older Node and pages without TLS have no crypto.
function unique(): string {
  return globalThis.crypto?.randomUUID?.() ?? Array.from({ length: 3 }, () => Math.random().toString(36).slice(2)).join("");
}

async function* chunks<T>(items: AsyncIterable<T> | Iterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
