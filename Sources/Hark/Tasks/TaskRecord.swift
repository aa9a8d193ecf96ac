import Foundation

/// A piece of work on the store, as the catalog remembers it: an ingest, a rebuild or a
/// re-embedding.
///
/// Some are carried out by the process that was asked for them, and are rows of `job_queue` from
/// before their first write to the store until after their last. Ingests may also be enqueued
/// (``Engine/enqueue(_:priority:notBefore:requestKey:)``) for a worker. What a process did not live
/// to tell is told by the next one that writes.
public struct TaskRecord: Sendable, Encodable {
  /// What is done.
  public enum Kind: String, Sendable, Encodable {
    /// Files or texts are read into a collection.
    case ingest
    /// An index is made anew.
    case rebuild
    /// The vectors of a collection are made anew.
    case reembed
  }

  /// How a task stands.
  public enum Status: String, Sendable, Encodable, CaseIterable {
    /// It waits for a worker; one that has an agent already waits for another writer.
    case enqueued
    /// It runs.
    case processing
    /// It is done; files that failed are counted in it.
    case succeeded
    /// It ended with an error.
    case failed
    /// Somebody ended it.
    case canceled

    /// Whether nothing more will become of it.
    public var isEnd: Bool { self != .enqueued && self != .processing }
  }

  /// The task's id, never used again for another one.
  public let id: Int64
  /// What is done.
  public let kind: Kind
  /// How it stands.
  public let status: Status
  /// What it was asked to do, as JSON.
  public let payload: String
  /// The greater the sooner; 0 is usual.
  public let priority: Int
  /// The process that works on it or is to: `host:pid`; nil while it waits for a worker.
  public let agent: String?
  /// When it was asked for: UTC, ISO 8601.
  public let createdAt: String
  /// When it may begin.
  public let scheduledAt: String
  /// When it began.
  public let startedAt: String?
  /// When it ended.
  public let finishedAt: String?
  /// Whether somebody asked for its end.
  public let isCancelRequested: Bool
  /// How often a worker has begun with it; those that ended in good order before it did are not
  /// counted. 0 for a task that its own process carries out.
  public let attempts: Int
  /// Its account, as JSON.
  public let counts: String?
  /// The stable code of the error that ended it.
  public let errorCode: String?
  /// What went wrong and what to do.
  public let errorMessage: String?

  enum CodingKeys: String, CodingKey {
    case kind, status, payload, priority, attempts, counts
    case id = "job_id"
    case agent = "assigned_agent_id"
    case createdAt = "created_at"
    case scheduledAt = "scheduled_at"
    case startedAt = "started_at"
    case finishedAt = "finished_at"
    case isCancelRequested = "cancel_requested"
    case errorCode = "error_code"
    case errorMessage = "error_message"
  }

  /// Writes every key, absent values as null; payload and counts as objects.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(kind, forKey: .kind)
    try container.encode(status, forKey: .status)
    try container.encode(JSONText(payload), forKey: .payload)
    try container.encode(priority, forKey: .priority)
    try container.encode(agent, forKey: .agent)
    try container.encode(createdAt, forKey: .createdAt)
    try container.encode(scheduledAt, forKey: .scheduledAt)
    try container.encode(startedAt, forKey: .startedAt)
    try container.encode(finishedAt, forKey: .finishedAt)
    try container.encode(isCancelRequested, forKey: .isCancelRequested)
    try container.encode(attempts, forKey: .attempts)
    try container.encode(counts.map(JSONText.init), forKey: .counts)
    try container.encode(errorCode, forKey: .errorCode)
    try container.encode(errorMessage, forKey: .errorMessage)
  }

  /// A number of the account, such as `added`; nil where there is none.
  public func count(_ key: String) -> Double? {
    guard case .object(let object)? = counts.flatMap({ JSONText($0).value }),
      case .number(let number)? = object[key]
    else { return nil }
    return number
  }
}

/// JSON that is kept as text and encoded as what it says.
private struct JSONText: Encodable {
  indirect enum Value: Codable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .boolean(value)
      } else if let value = try? container.decode(Double.self) {
        self = .number(value)
      } else if let value = try? container.decode(String.self) {
        self = .string(value)
      } else if let value = try? container.decode([Value].self) {
        self = .array(value)
      } else {
        self = .object(try container.decode([String: Value].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .null: try container.encodeNil()
      case .boolean(let value): try container.encode(value)
      case .number(let value): try container.encode(value)
      case .string(let value): try container.encode(value)
      case .array(let value): try container.encode(value)
      case .object(let value): try container.encode(value)
      }
    }
  }

  let value: Value

  init(_ text: String) {
    value = (try? JSONDecoder().decode(Value.self, from: Data(text.utf8))) ?? .string(text)
  }

  func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
