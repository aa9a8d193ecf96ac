import Crypto
import Foundation
import GRDB

/// A key that a program gives to a write, so that a retry of it does nothing more.
///
/// A store keeps its digest alone, for a key may name somebody who is to be forgotten.
struct RequestKey: Sendable {
  /// The days for which a key is remembered.
  static let days = 7

  let key: String
  /// The SHA-256 of the key.
  let keyDigest: Data
  /// The SHA-256 of what was asked for.
  let digest: Data

  /// Takes a key.
  ///
  /// - Parameter parts: what is asked for: a retry has the same.
  /// - Throws: `invalid-argument`.
  init(_ key: String, _ parts: String...) throws(HarkError) {
    guard (1...256).contains(key.utf8.count) else {
      throw HarkError(
        .invalidArgument,
        "request_key has \(key.utf8.count) bytes: give one of 1 to 256 bytes")
    }
    self.key = key
    keyDigest = Self.digest(of: [key])
    digest = Self.digest(of: parts)
  }

  /// The SHA-256 of texts, each with its length before it.
  static func digest(of parts: [String]) -> Data {
    var hash = SHA256()
    for part in parts {
      hash.update(data: Data("\(part.utf8.count):".utf8))
      hash.update(data: Data(part.utf8))
    }
    return Data(hash.finalize())
  }

  /// Makes sure that a request which came before with this key was the same.
  ///
  /// - Throws: `request-key-reused`.
  func check(_ known: Data) throws(HarkError) {
    guard known == digest else {
      throw HarkError(
        .requestKeyReused,
        "request_key \(key.debugDescription) came before with another request: "
          + "give each request a key of its own, and only a retry the same")
    }
  }
}

extension Catalog {
  /// What came of the write with a key; nil where there was none.
  ///
  /// - Throws: `request-key-reused`.
  func result(of key: RequestKey?, _ db: Database) throws -> Int64? {
    guard let key else { return nil }
    let row = try CatalogRow.fetchOne(
      db, sql: "SELECT digest, result FROM request_keys WHERE request_key = ?",
      arguments: [key.keyDigest])
    guard let row else { return nil }
    try key.check(row[0])
    return try row[1]
  }

  /// Remembers what came of a write, and forgets the keys of long ago.
  func remember(_ key: RequestKey?, _ result: Int64, _ db: Database) throws {
    guard let key else { return }
    try db.execute(
      sql: """
        DELETE FROM request_keys
        WHERE created_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-\(RequestKey.days) days')
        """)
    try db.execute(
      sql: """
        INSERT INTO request_keys(request_key, digest, result, created_at)
        VALUES (?, ?, ?, \(Self.now))
        """, arguments: [key.keyDigest, key.digest, result])
  }
}
