/** The person side of the workspace. A refusal carries the sentence that explains it. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly errors: Record<string, string> = {},
  ) {
    super(message);
  }
}

type Answer = { ok: boolean; error?: string; message?: unknown; errors?: Record<string, string> };

async function answered<T>(response: Response): Promise<T> {
  const body = (await response.json()) as Answer & T;
  if (!body.ok) {
    const said = typeof body.message === "string" ? body.message : (body.error ?? "failed");
    throw new Refused(body.error ?? "failed", said, body.errors);
  }
  return body;
}

export async function read<T>(what: string, query: Record<string, string>): Promise<T> {
  return answered<T>(await fetch(`/people/${what}?${new URLSearchParams(query)}`));
}

export async function act<T>(what: string, body: Record<string, unknown>): Promise<T> {
  const response = await fetch(`/people/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answered<T>(response);
}
