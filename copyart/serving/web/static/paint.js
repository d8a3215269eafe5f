// Asks the server for a painting, and tells how it goes on.
const PROGRESS = "application/x-copyart-progress";

/** Why there is no painting: a code for which the page has words, and in how many seconds to ask again, if ever. */
export class Problem extends Error {
  constructor(code, seconds) {
    super(code);
    this.code = code;
    this.seconds = seconds;
  }
}

/**
 * Paints a photo.
 * @param {File} file the photo
 * @param {Object<string, string>} fields how to paint it, by the names of the API's fields
 * @param {function(Object)} tell is told where in the queue it is, and how many tiles are painted
 * @param {AbortSignal} signal ends it
 * @returns {Promise<{blob: Blob, name: string}>} the painting, and what to call it
 */
export async function paint(file, fields, tell, signal) {
  const form = new FormData();
  form.append("image", file, file.name || "photo");
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  let answer;
  try {
    answer = await fetch("api/paint", { method: "POST", body: form, headers: { Accept: PROGRESS }, signal });
  } catch (error) {
    throw signal.aborted ? error : new Problem("network");
  }
  if (!answer.ok) {
    const { title = "failed" } = await answer.json().catch(() => ({}));
    throw new Problem(title, Number(answer.headers.get("Retry-After")) || undefined);
  }
  try {
    return await read(answer.body.getReader(), tell);
  } catch (error) {
    throw signal.aborted || error instanceof Problem ? error : new Problem("network");
  }
}

async function read(reader, tell) {
  let rest = new Uint8Array();
  const more = async () => {
    const { value, done } = await reader.read();
    if (done) throw new Problem("network");
    return value;
  };
  for (;;) {
    while (!rest.includes(10)) rest = new Uint8Array(await new Blob([rest, await more()]).arrayBuffer());
    const end = rest.indexOf(10);
    const record = JSON.parse(new TextDecoder().decode(rest.subarray(0, end)));
    rest = rest.subarray(end + 1);
    if ("status" in record) throw new Problem(record.title, record.retry_after);
    if (!("painting" in record)) {
      tell(record);
      continue;
    }
    const parts = [rest];
    for (let count = rest.length; count < record.bytes; count += parts.at(-1).length) parts.push(await more());
    return { blob: new Blob(parts, { type: record.type }), name: record.painting };
  }
}
