import Glibc
package import Hark
import SystemPackage
import TOMLKit

/// What `hark.toml` says: where the server listens, who may do what, and how long chats are kept.
///
/// ```toml
/// socket = "/run/hark/hark.sock"
/// group = "www-data"
///
/// [chat]
/// retention_days = 365
///
/// [[access]]
/// users = ["chatbot", 1001]
/// groups = ["staff"]
/// may = ["search", "log"]
/// collections = ["handbook"]
/// ```
package struct ServerConfiguration: Sendable {
  /// The name of the file in a store.
  package static let fileName = "hark.toml"

  /// The socket; nil for the default.
  package private(set) var socket: String?
  /// The group that the socket belongs to, so that its members can connect; nil for the server's.
  package private(set) var group: UInt32?
  /// Turns that were logged more days ago are deleted; nil to keep all.
  package private(set) var retentionDays: Int?
  /// What others than the owner may do.
  package private(set) var rules: [AccessRule] = []

  /// The configuration where there is no file: defaults, and access for the owner alone.
  package init() {}

  /// Reads a configuration.
  ///
  /// Whoever can write to the file can give rights away, so it must belong to the user or root, and
  /// nobody else may write to it.
  ///
  /// - Throws: `configuration-missing`, `configuration-unsafe`, `configuration-invalid`.
  package init(path: String) throws(HarkError) {
    try self.init(toml: Self.text(path), path: path)
  }

  /// Takes a configuration from its text.
  ///
  /// - Parameter path: what errors call the file.
  /// - Throws: `configuration-invalid`.
  init(toml: String, path: String) throws(HarkError) {
    let file = try Self.decode(toml, path: path)
    func invalid(_ what: String) -> HarkError {
      HarkError(.configurationInvalid, "\(path): \(what)")
    }
    socket = file.socket
    if let name = file.group {
      guard let id = name.id(UserDatabase.group) else {
        throw invalid("group names \(name.text), and the system knows no such group")
      }
      group = id
    }
    if let days = file.chat?.retention_days {
      guard (1...36_500).contains(days) else {
        throw invalid("chat.retention_days is \(days): give 1 to 36500, or leave it out")
      }
      retentionDays = days
    }
    for (number, rule) in (file.access ?? []).enumerated() {
      let place = "rule \(number + 1) of access"
      func ids(
        _ names: [File.Name], _ what: String, _ lookUp: (String) -> UInt32?
      ) throws(HarkError) -> Set<UInt32> {
        var ids: Set<UInt32> = []
        for name in names {
          guard let id = name.id(lookUp) else {
            throw invalid("\(place) names \(name.text), and the system knows no such \(what)")
          }
          ids.insert(id)
        }
        return ids
      }
      let users = try ids(rule.users ?? [], "user", UserDatabase.user)
      let groups = try ids(rule.groups ?? [], "group", UserDatabase.group)
      guard !users.isEmpty || !groups.isEmpty else {
        throw invalid("\(place) is for nobody: give it users or groups")
      }
      let rights = rule.may.map { Right(rawValue: $0) }
      guard !rights.isEmpty, !rights.contains(nil) else {
        let all = Right.allCases.map(\.rawValue).joined(separator: ", ")
        throw invalid("\(place) has a right that does not exist in may: the rights are \(all)")
      }
      rules.append(
        AccessRule(
          users: users, groups: groups,
          grant: .init(
            rights: Set(rights.compactMap(\.self)),
            collections: rule.collections.map { .named(Set($0)) } ?? .all)))
    }
  }

  private struct File: Decodable {
    /// A user or group, by name or number.
    enum Name: Decodable {
      case name(String)
      case number(Int)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
          self = .number(number)
        } else {
          self = .name(try container.decode(String.self))
        }
      }

      var text: String {
        switch self {
        case .name(let name): name.debugDescription
        case .number(let number): String(number)
        }
      }

      func id(_ lookUp: (String) -> UInt32?) -> UInt32? {
        switch self {
        case .name(let name): lookUp(name)
        case .number(let number): UInt32(exactly: number)
        }
      }
    }

    struct Chat: Decodable {
      let retention_days: Int?
    }

    struct Rule: Decodable {
      let users: [Name]?
      let groups: [Name]?
      let may: [String]
      let collections: [String]?
    }

    let socket: String?
    let group: Name?
    let chat: Chat?
    let access: [Rule]?
  }

  private static func decode(_ toml: String, path: String) throws(HarkError) -> File {
    let decoder = TOMLDecoder(strictDecoding: true)
    do {
      return try decoder.decode(File.self, from: toml)
    } catch let error as UnexpectedKeysError {
      let names = error.keys.keys.sorted().joined(separator: ", ")
      throw HarkError(
        .configurationInvalid,
        "\(path): there is no setting \(names): docs/operations.md lists those there are",
        cause: error)
    } catch let error as DecodingError {
      let place: [any CodingKey]
      switch error {
      case .keyNotFound(let key, let context): place = context.codingPath + [key]
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        place = context.codingPath
      @unknown default: place = []
      }
      let name = place.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        .joined(separator: ".")
      throw HarkError(
        .configurationInvalid,
        "\(path): \(name) is missing, or of the wrong type: docs/operations.md shows an example",
        cause: error)
    } catch {
      throw HarkError(.configurationInvalid, "\(path) is not TOML: \(error)", cause: error)
    }
  }

  private static func text(_ path: String) throws(HarkError) -> String {
    do {
      let descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
      return try descriptor.closeAfter {
        var status = stat()
        guard unsafe fstat(descriptor.rawValue, &status) == 0 else {
          throw Errno(rawValue: errno)
        }
        guard [0, geteuid()].contains(status.st_uid), status.st_mode & 0o022 == 0 else {
          throw HarkError(
            .configurationUnsafe,
            "\(path) can be written by others, who could give rights away: make it your own, and "
              + "chmod go-w it")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
          let count = try unsafe buffer.withUnsafeMutableBytes {
            try unsafe descriptor.read(into: $0)
          }
          if count == 0 { break }
          bytes += buffer.prefix(count)
          guard bytes.count <= 1 << 20 else {
            throw HarkError(.configurationInvalid, "\(path) has more than a mebibyte")
          }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw HarkError(.configurationInvalid, "\(path) is not UTF-8")
        }
        return text
      }
    } catch let error as HarkError {
      throw error
    } catch {
      throw HarkError(
        .configurationMissing, "\(path) cannot be read: \(error)", cause: error)
    }
  }
}

extension HarkError.Code {
  /// The configuration cannot be read.
  package static let configurationMissing = HarkError.Code(rawValue: "configuration-missing")
  /// Others may write to the configuration.
  package static let configurationUnsafe = HarkError.Code(rawValue: "configuration-unsafe")
  /// The configuration says what it must not.
  package static let configurationInvalid = HarkError.Code(rawValue: "configuration-invalid")
}
