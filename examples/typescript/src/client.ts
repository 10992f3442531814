import type { TypedDocumentString } from "./graphql/graphql.js";

/** What the server says of one thing that failed; `code` is one of docs/errors.md. */
export interface Failure {
  message: string;
  path?: (string | number)[];
  extensions: { code: string } & Record<string, unknown>;
}

export interface Answer<Result> {
  data: Result | null;
  errors: Failure[];
}

interface Body<Result> {
  data?: Result | null;
  errors?: Failure[];
  extensions?: { cost: { actualCredits: number; calls: number } };
}

/** Nothing was answered that could be shown. */
export class Refused extends Error {
  readonly code: string;

  constructor({ message, extensions }: Failure) {
    super(message);
    this.code = extensions.code;
  }
}

/** There is no GraphQL server at the address. */
export class NoGraph extends Error {}

const PASSES = ["UPSTREAM_RATE_LIMITED", "UPSTREAM_UNAVAILABLE"];
const MOST_TRIES = 3;

/** Asks a server, and adds up what that costs. `sendIds`: name documents instead of sending them. */
export class Client {
  credits = 0;
  calls = 0;

  constructor(
    private readonly url: string,
    private readonly key?: string,
    private readonly sendIds = false,
  ) {}

  /** What a document answers; asked again where a failure may pass, which costs only what is still missing. */
  async ask<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Answer<Result>> {
    for (let tries = 1; ; tries++) {
      const answer = await this.post(document, variables);
      const mayPass = answer.errors.some(({ extensions }) => PASSES.includes(extensions.code));
      if (!mayPass || tries === MOST_TRIES) return answer;
      await new Promise((go) => setTimeout(go, 250 * 2 ** tries));
    }
  }

  private async post<Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
  ): Promise<Answer<Result>> {
    const asked = this.sendIds ? { documentId: document.__meta__?.["hash"] } : { query: document };
    const response = await fetch(`${this.url}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json",
        ...(this.key && { authorization: `Bearer ${this.key}` }),
      },
      body: JSON.stringify({ ...asked, variables }),
    }).catch((error: Error) => {
      throw new NoGraph(`${this.url} does not answer: ${String(error.cause ?? error)}`);
    });
    if (!response.headers.get("content-type")?.includes("json")) {
      throw new NoGraph(`${this.url} is no GraphQL server: HTTP ${response.status}`);
    }
    const { data = null, errors = [], extensions } = (await response.json()) as Body<Result>;
    this.credits += extensions?.cost.actualCredits ?? 0;
    this.calls += extensions?.cost.calls ?? 0;
    const first = errors[0];
    if (data === null && first) throw new Refused(first);
    return { data, errors };
  }
}
