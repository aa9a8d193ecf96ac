// A client of `hark serve`, with Node's own modules alone.
//
//     node hark.mjs "Who approves a business trip?"

import { connect } from "node:net";
import { fileURLToPath } from "node:url";

/** A connection, for any number of calls at once. */
export class Hark {
  #calls = new Map();
  #id = 0;
  #rest = "";

  constructor(path = process.env.HARK_SOCKET || `${process.env.XDG_RUNTIME_DIR}/hark.sock`) {
    this.socket = connect(path).setEncoding("utf8");
    this.socket.on("data", (text) => {
      const lines = (this.#rest + text).split("\n");
      this.#rest = lines.pop();
      for (const line of lines) this.#take(JSON.parse(line));
    });
    this.socket.on("error", (error) => this.#fail(error));
    this.socket.on("close", () => this.#fail(new Error("The server closed the connection.")));
  }

  /** The result of a method; docs/api.md has them all. `deadline_ms` bounds the wait. */
  call(method, params = {}) {
    const id = ++this.#id;
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new Error("The connection is closed."));
      this.#calls.set(id, { resolve, reject });
      this.socket.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }) + "\n");
    });
  }

  close() {
    this.socket.end();
  }

  #take({ id, result, error, method }) {
    if (method) return; // A notification, such as progress.
    const failure = error && Object.assign(new Error(error.message), error.data);
    if (id === null) return this.#fail(failure); // Nobody knows which call it is about.
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (failure) call?.reject(failure);
    else call?.resolve(result);
  }

  #fail(error) {
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const hark = new Hark();
  const query = process.argv.slice(2).join(" ");
  const found = await hark.call("context", { query, budget_tokens: 1000 });
  hark.close();
  for (const { rank, document, page_number, text } of found.passages) {
    const page = page_number ? `, page ${page_number}` : "";
    console.log(`[${rank}] ${document.name}${page}\n${text}\n`);
  }
}
