// What the page knows of the last answer; React reads it with useAnswer.
import { useSyncExternalStore } from 'react';

let last = null;
const listeners = new Set();

function tell(answer) {
  last = answer;
  for (const listener of listeners) listener();
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The last answer: {asked, body, ms}; null before the first. */
export function useAnswer() {
  return useSyncExternalStore(subscribe, () => last);
}

/** fetch for GraphiQL: asks for the trace, keeps the answer for the panels, and shows it without the trace. */
export async function fetchAnswer(url, init) {
  const asked = JSON.parse(init.body);
  if (asked.operationName === 'IntrospectionQuery') return fetch(url, init);
  const began = performance.now();
  const response = await fetch(url, { ...init, headers: { ...init.headers, 'X-Cost-Trace': '1' } });
  const text = await response.clone().text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    return response;
  }
  tell({ asked, body, ms: performance.now() - began });
  if (!body.extensions?.cost?.trace) return response;
  const { trace, ...cost } = body.extensions.cost;
  const shown = { ...body, extensions: { ...body.extensions, cost } };
  return new Response(JSON.stringify(shown), { status: response.status, headers: { 'content-type': 'application/json' } });
}

/** The headers that were written into the editor for them; {} where they are no JSON object. */
export function written(text) {
  return object(text) ?? {};
}

/** An object out of JSON; {} of nothing, null of anything else. */
export function object(text) {
  if (!text?.trim()) return {};
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Posts a question apart from the editor's; gives the answer's body. */
export async function post(url, question, headers) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(question),
  });
  return response.json();
}
