/** A client of the Model Context Protocol that is nothing but a POST, in the form of 2025. */
import assert from 'node:assert/strict';

export interface ToolText {
  readonly isError: boolean;
  /** Without the number of its fence, which is another one each time. */
  readonly text: string;
}

export async function callTool(
  url: string,
  name: string,
  args: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<ToolText> {
  const answer = await post(url, 'tools/call', { name, arguments: args }, headers);
  const { content, isError } = (answer as { result: { content: { text: string }[]; isError?: boolean } })
    .result;
  assert.equal(content.length, 1);
  return { isError: isError === true, text: withoutFence(content[0]?.text ?? '') };
}

export async function listTools(
  url: string,
): Promise<readonly { name: string; description: string; annotations: Record<string, unknown> }[]> {
  const answer = await post(url, 'tools/list', {}, {});
  return (
    answer as {
      result: { tools: { name: string; description: string; annotations: Record<string, unknown> }[] };
    }
  ).result.tools;
}

export function withoutFence(text: string): string {
  return text.replaceAll(/data-[0-9a-f]{8}/g, 'data');
}

async function post(
  url: string,
  method: string,
  params: object,
  headers: Record<string, string>,
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
}
