extension Schema {
  /// The forms that several results share, by name.
  static let records: [(name: String, summary: String, fields: [Field])] = [
    (
      "Document", "What names a document in a citation.",
      [
        .required("id", .integer, "The document's id, never used again for another one."),
        .required("name", .string, "The file's name, or the name that a program gave."),
        .required("file_path", .string.orNull, "The file's absolute path; null for a text."),
        .optional(
          "external_id", .string,
          "The program's own id of a text that it handed over; a file has none."),
        .required("file_type", .string, "`pdf`, `html`, `markdown` or `text`."),
      ]
    ),
    (
      "Chunk", "Where a passage stands. Offsets count Unicode scalars of the document's text.",
      [
        .required("id", .integer, "The chunk's id, never used again for another one."),
        .required("index", .integer, "The chunk's number in its document, from 0."),
        .required("page_number", .integer.orNull, "The page on which it begins, from 1."),
        .required("page_end", .integer.orNull, "The page on which it ends."),
        .required("page_label", .string.orNull, "The printed label where it is another one."),
        .required("start", .integer, "The offset of the first scalar."),
        .required("end", .integer, "The offset after the last one."),
        .required("heading", .string.orNull, "The headings above it, joined by ` > `."),
      ]
    ),
    (
      "Hit", "A passage that answers a query.",
      [
        .required("rank", .integer, "1 for the best hit."),
        .required(
          "score", .number,
          "How well it answers the query, at most 1: the share of the greatest score by words that "
            + "the query could have, the cosine, or both, weighed."),
        .required("document", .record("Document"), "The document."),
        .required("chunk", .record("Chunk"), "The place in it."),
        .required("text", .string, "The passage, exactly as it stands in the document's text."),
        .optional(
          "explanation", .map(.any), "What the score is made of, where that was asked for."),
      ]
    ),
    (
      "Passage", "What a citation's number stands for: a hit, or several that are neighbours.",
      [
        .required("rank", .integer, "The number of the citation, from 1."),
        .required("score", .number, "The greatest score of its hits."),
        .required("document", .record("Document"), "The document."),
        .required("chunk_ids", .list(.integer), "The chunks that it was joined from."),
        .required("page_number", .integer.orNull, "The page on which it begins, from 1."),
        .required("page_end", .integer.orNull, "The page on which it ends."),
        .required("heading", .string.orNull, "The headings above its beginning."),
        .required("start", .integer, "The offset of the first scalar."),
        .required("end", .integer, "The offset after the last one."),
        .required("text", .string, "The passage, exactly as it stands in the document's text."),
      ]
    ),
    (
      "DocumentRecord", "A document as the catalog lists it.",
      [
        .required("id", .integer, "The document's id, never used again for another one."),
        .required("collection", .string, "The collection that holds it."),
        .required("name", .string, "The file's name, or the name that a program gave."),
        .required("title", .string.orNull, "The title."),
        .required("file_path", .string.orNull, "The file's absolute path; null for a text."),
        .required("external_id", .string.orNull, "The program's own id; null for a file."),
        .required("file_type", .string, "`pdf`, `html`, `markdown` or `text`."),
        .required("file_size", .integer, "Bytes."),
        .required("metadata", .map(.any), "What is known of it beside its text."),
        .required("page_count", .integer, "Pages; 0 where the format has none."),
        .required("chunk_count", .integer, "Chunks."),
        .required("token_count", .integer, "Tokens of all chunks."),
        .required("created_at", .string, "When it was first read."),
        .required("updated_at", .string, "When it was last read."),
      ]
    ),
    (
      "Collection", "Documents that share a model and a chunker.",
      [
        .required("id", .integer, "The collection's id."),
        .required("name", .string, "Its name."),
        .required("description", .string.orNull, "What it is for."),
        .required("model", .string.orNull, "The embedding model; null before the first ingest."),
        .required("model_path", .string.orNull, "The model's folder where one was named."),
        .required("model_fingerprint", .string.orNull, "What tells the model from others."),
        .required("dimension", .integer.orNull, "The numbers in a vector."),
        .required("chunk_tokens", .integer, "The tokens that a chunk aims at."),
        .required("chunk_overlap", .integer, "The sentences that neighbours share."),
        .required("chunker_version", .integer, "The version of the chunker."),
        .required("documents", .integer, "Documents."),
        .required("chunks", .integer, "Chunks."),
        .required("created_at", .string, "When it was made."),
      ]
    ),
    (
      "Task", "A piece of work on the store.",
      [
        .required("job_id", .integer, "The task's id, never used again for another one."),
        .required("kind", .choice(["ingest", "rebuild", "reembed"]), "What is done."),
        .required(
          "status", .choice(["enqueued", "processing", "succeeded", "failed", "canceled"]),
          "How it stands."),
        .required("payload", .map(.any), "What it was asked to do."),
        .required("priority", .integer, "The greater the sooner; 0 is usual."),
        .required("assigned_agent_id", .string.orNull, "The process at work on it: `host:pid`."),
        .required("created_at", .string, "When it was asked for."),
        .required("scheduled_at", .string, "When it may begin."),
        .required("started_at", .string.orNull, "When it began."),
        .required("finished_at", .string.orNull, "When it ended."),
        .required("cancel_requested", .boolean, "Whether somebody asked for its end."),
        .required("attempts", .integer, "How often a worker has begun with it."),
        .required("counts", .map(.any).orNull, "Its account, as `hark ingest --json` prints it."),
        .required("error_code", .string.orNull, "The code of the error that ended it."),
        .required("error_message", .string.orNull, "What went wrong and what to do."),
      ]
    ),
    (
      "Turn", "A question and its answer in the chat log.",
      [
        .required("id", .integer, "The turn's id, never used again for another one."),
        .required("session_id", .string, "The conversation."),
        .required("user_id", .string, "Who asked."),
        .required("status", .choice(["pending", "answered"]), "Whether the answer is there."),
        .required("created_at", .string, "When the question was logged."),
        .required("answered_at", .string.orNull, "When the answer was logged."),
        .required("user_message", .string, "The question."),
        .required("assistant_response", .string, "The answer; empty while it is pending."),
        .required("sources", .list(.record("Source")), "What was shown, by citations."),
      ]
    ),
    (
      "Source",
      "A copy of a passage as it was when it was shown. What a redaction removed is null.",
      [
        .required("rank", .integer, "The number of the citation, from 1."),
        .required("score", .number.orNull, "The score of the search; null where none gave it."),
        .required("chunk_id", .integer, "The chunk's id."),
        .required("document_id", .integer, "The document's id."),
        .required("name", .string.orNull, "The document's name."),
        .required("file_path", .string.orNull, "The file's absolute path."),
        .required("external_id", .string.orNull, "The program's own id of a text."),
        .required("page_number", .integer.orNull, "The page on which it begins."),
        .required("page_end", .integer.orNull, "The page on which it ends."),
        .required("start", .integer, "The offset of the first scalar."),
        .required("end", .integer, "The offset after the last one."),
        .required("heading", .string.orNull, "The headings above it."),
        .required("text", .string.orNull, "The passage."),
        .required("content_hash", .string, "The SHA-256 of the passage, hexadecimal."),
        .required("generation", .integer, "The store's generation when it was read."),
        .required("redacted", .boolean, "Whether the copy was removed on demand."),
      ]
    ),
    (
      "Session", "A conversation.",
      [
        .required("session_id", .string, "Its id, as the program gave it."),
        .required("user_id", .string, "Who asked in it."),
        .required("turns", .integer, "How many turns it has."),
        .required("title", .string, "The beginning of its first question."),
        .required("created_at", .string, "When its first question was logged."),
        .required("updated_at", .string, "When its last question was logged."),
      ]
    ),
    (
      "Feedback", "What a user thought of an answer.",
      [
        .required("id", .integer, "The feedback's id."),
        .required("user_id", .string, "Who gave it."),
        .required("message_id", .integer, "The turn that it is about."),
        .required("feedback_type", .choice(["helpful", "not_helpful"]), "Whether it was of use."),
        .required("rating", .integer(1...5).orNull, "1 to 5, where one was given."),
        .required("created_at", .string, "When it was given."),
      ]
    ),
    (
      "Health", "How the server is.",
      [
        .required("status", .choice(["ok", "failing"]), "Whether the store can be read."),
        .required("store", .string, "The store's folder."),
        .required("version", .string, "The version of Hark."),
        .required("uptime_s", .number, "Seconds since the start."),
      ]
    ),
  ]
}

extension Field {
  /// The collection that is asked.
  static let collection = optional(
    "collection", .string, "The collection's name.", default: "default")
  /// How hits are ranked.
  static let mode = optional(
    "mode", .choice(["hybrid", "vector", "text"]), "By meaning, by words, or by both.",
    default: "hybrid")
  /// Which chunks may be found.
  static let filter = optional(
    "filter", .map(.any),
    "Which chunks may be found, by path, type, language, dates, metadata and ids, in the form of "
      + "Qdrant's filters: [retrieval.md](retrieval.md#filters). All where it is left out.")
  /// The least score of a hit.
  static let minimumScore = optional("min_score", .number, "The least score of a hit, 0 to 1.")
  /// The weight of the vectors.
  static let vectorWeight = optional(
    "vector_weight", .number,
    "The weight of the vectors in a hybrid search where the model knows the query's language, 0 to "
      + "1; 0.5 by default. `hark eval --tune` finds it for your questions.")
  /// How much hits are to differ.
  static let diversity = optional(
    "diversity", .number,
    "How much hits are to differ from each other, 0 (not at all, the default) to 1.")
  /// Where the last page ended.
  static let cursor = optional(
    "cursor", .string, "The cursor of the last page; left out for the first one.")
  /// Where the next page begins.
  static let nextCursor = required(
    "cursor", .string.orNull, "What leads to the next page; null at the end.")
  /// What makes a retry harmless.
  static let requestKey = optional(
    "request_key", .string,
    "1 to 256 bytes of your own: a retry with the same key does nothing twice, for seven days.")

  /// How many items a page has.
  static func limit(_ fallback: Int64) -> Field {
    optional(
      "limit", .integer(1...1_000), "The greatest number of items.",
      default: .integer(fallback))
  }

  /// The id of one thing.
  static func id(_ summary: String) -> Field { required("id", .integer, summary) }
}
