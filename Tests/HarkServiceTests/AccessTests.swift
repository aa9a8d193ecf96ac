import Foundation
import Glibc
import Hark
import TestKit
import Testing

@testable import HarkServer
@testable import HarkService

/// What others than the owner may do.
@Suite(.timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct AccessTests {
  private static let reader: UInt32 = 2001
  private static let chatbot: UInt32 = 2002
  private static let loader: UInt32 = 2003
  private static let stranger: UInt32 = 2004
  private static let group: UInt32 = 3001

  private let harness: ServiceHarness

  init() async throws {
    harness = try await ServiceHarness(
      ServerConfiguration(
        toml: """
          [[access]]
          users = [\(Self.reader)]
          may = ["search"]
          collections = ["open"]
          [[access]]
          users = [\(Self.chatbot)]
          may = ["search", "log"]
          collections = ["open"]
          [[access]]
          groups = [\(Self.group)]
          may = ["ingest"]
          collections = ["open"]
          """, path: "hark.toml"))
    try await harness.engine.createCollection(CollectionSettings(name: "open"))
    try await harness.ingestNotes(into: "open")
    try await harness.engine.upsert([
      SourceDocument(externalID: "secret", content: .text("Nobody else may know."))
    ])
  }

  @Test func onlyPeersOfARuleAreAdmitted() {
    func admits(_ user: UInt32, _ group: UInt32 = 9) -> Bool {
      harness.service.admits(Peer(uid: user, gid: group, pid: 1))
    }
    #expect(admits(ServiceHarness.owner))
    #expect(admits(Self.reader))
    #expect(admits(Self.stranger, Self.group))
    #expect(!admits(Self.stranger))
  }

  @Test func helloListsWhatThePeerMayCall() async throws {
    let methods = try #require(
      try await harness.call("hello", by: Self.reader)["methods"] as? [String])
    #expect(methods.contains("search"))
    #expect(methods.contains("healthz"))
    #expect(!methods.contains { $0.hasPrefix("chat.") || $0 == "ingest" || $0 == "stats" })
  }

  @Test(arguments: [
    // Another right.
    (reader, 0, "chat.history", "{}"), (reader, 0, "documents.delete", #"{"ids":[1]}"#),
    (reader, 0, "stats", "{}"), (chatbot, 0, "chat.redact", #"{"ids":[1]}"#),
    (chatbot, 0, "ingest", #"{"documents":[]}"#), (loader, group, "search", #"{"query":"a"}"#),
    (loader, group, "ingest", #"{"paths":["/etc"],"collection":"open"}"#),
    // Another collection.
    (reader, 0, "search", #"{"query":"know"}"#), (reader, 0, "context", #"{"query":"know"}"#),
    (reader, 0, "embed", #"{"texts":["a"]}"#), (reader, 0, "documents.list", "{}"),
    (reader, 0, "documents.list", #"{"collection":"default"}"#),
    (reader, 0, "documents.get", #"{"id":3}"#), (reader, 0, "chunks.get", #"{"id":3}"#),
    (loader, group, "documents.delete", #"{"ids":[1,3]}"#),
    (loader, group, "ingest", #"{"documents":[{"external_id":"a","text":"b"}]}"#),
    (loader, group, "tasks.get", #"{"id":2}"#), (loader, group, "tasks.cancel", #"{"id":2}"#),
    (loader, group, "subscribe", #"{"task":2}"#),
    (chatbot, 0, "chat.ask", #"{"session_id":"s","user_id":"u","user_message":"know"}"#),
    (
      chatbot, 0, "chat.append",
      #"{"session_id":"s","user_id":"u","user_message":"m","sources":[{"chunk_id":3}]}"#
    ),
    (UInt32(2001), UInt32(0), "search", #"{"query":"a","collection":"no such"}"#),
  ])
  func isForbidden(user: UInt32, group: UInt32, method: String, params: String) async throws {
    let error = try #require(
      await harness.failure(method, params, by: user, group: group), "\(method)")
    #expect(error.code == -32007, "\(error)")
    #expect(error.data.code == "forbidden")
    #expect(!error.message.contains("Nobody else"))
  }

  @Test func whatIsGrantedWorks() async throws {
    let found = try await harness.call(
      "search", #"{"query":"who approves trips?","collection":"open"}"#, by: Self.reader)
    #expect((found["hits"] as? [Any])?.isEmpty == false)
    try await harness.call("documents.get", #"{"id":1}"#, by: Self.reader)
    try await harness.call("chunks.get", #"{"id":1}"#, by: Self.reader)
    let list = try await harness.call("collections.list", by: Self.reader)
    #expect((list["collections"] as? [[String: Any]])?.map { $0["name"] as? String } == ["open"])
    try await harness.call("documents.list", #"{"collection":"open"}"#, by: Self.reader)
    try await harness.call(
      "chat.ask",
      #"{"session_id":"s","user_id":"u","user_message":"trips","collection":"open"}"#,
      by: Self.chatbot)
    try await harness.call(
      "documents.delete", #"{"ids":[1]}"#, by: Self.loader, group: Self.group)
    let tasks = try await harness.call("tasks.list", by: Self.loader, group: Self.group)
    #expect((tasks["tasks"] as? [[String: Any]])?.map { $0["job_id"] as? Int } == [1])
    let batch = try await harness.call(
      "batch",
      #"{"requests":[{"method":"stats"},{"method":"chunks.get","params":{"id":3}}]}"#,
      by: Self.reader)
    let codes = try #require(batch["results"] as? [[String: Any]]).map {
      ($0["error"] as? [String: Any])?["code"] as? Int
    }
    #expect(codes == [-32007, -32007])
  }

  @Test func membersOfAGroupAreKnownByTheSystem() {
    let groups = UserDatabase.groups(of: getuid())
    #expect(groups.contains(getgid()))
    #expect(UserDatabase.groups(of: 4_000_000_000).isEmpty)
    #expect(UserDatabase.user("root") == 0)
    #expect(UserDatabase.group("root") == 0)
    #expect(UserDatabase.user("no such user") == nil)
    #expect(UserDatabase.group("no such group") == nil)
    let roster = AccessRoster(
      owner: 1,
      rules: [
        AccessRule(
          users: [], groups: groups, grant: .init(rights: [.search], collections: .all))
      ])
    #expect(roster.access(of: Peer(uid: getuid(), gid: 77, pid: 1)).allows(.search))
  }
}

/// The file that grants rights.
@Suite struct ServerConfigurationTests {
  @Test func allSettingsAreTaken() throws {
    let configuration = try ServerConfiguration(
      toml: """
        socket = "/run/hark/hark.sock"
        group = "root"
        [chat]
        retention_days = 90
        [[access]]
        users = ["root", 1001]
        groups = ["root"]
        may = ["search", "log"]
        collections = ["handbook"]
        """, path: "hark.toml")
    #expect(configuration.socket == "/run/hark/hark.sock")
    #expect(configuration.group == 0)
    #expect(configuration.retentionDays == 90)
    #expect(
      configuration.rules == [
        AccessRule(
          users: [0, 1001], groups: [0],
          grant: .init(rights: [.search, .log], collections: .named(["handbook"])))
      ])
    let empty = try ServerConfiguration(toml: "", path: "hark.toml")
    #expect(empty.rules.isEmpty)
  }

  @Test(arguments: [
    ("sokket = 1", "sokket"), ("socket = 1", "socket"), ("a = [", "TOML"),
    ("group = \"no such group\"", "no such group"), ("[chat]\nretention_days = 0", "retention"),
    ("[chat]\nretention_days = \"x\"", "retention"), ("[chat]\nretention = 9", "retention"),
    ("[[access]]\nmay = [\"search\"]", "rule 1 of access"),
    ("[[access]]\nusers = [1]", "may"), ("[[access]]\nusers = [1]\nmay = []", "may"),
    ("[[access]]\nusers = [1]\nmay = [\"fly\"]", "may"),
    ("[[access]]\nusers = [\"no such user\"]\nmay = [\"log\"]", "no such user"),
    ("[[access]]\nusers = [-1]\nmay = [\"log\"]", "-1"),
    ("[[access]]\nusers = [1]\nmay = [\"log\"]\ncolections = []", "colections"),
    ("[access]\nusers = [1]", "access"),
  ]) func whatIsWrongIsNamed(toml: String, name: String) throws {
    let error = try #require(throws: HarkError.self) {
      try ServerConfiguration(toml: toml, path: "/etc/hark.toml")
    }
    #expect(error.code == .configurationInvalid)
    #expect(error.message.contains("/etc/hark.toml"), "\(error)")
    #expect(error.message.contains(name), "\(error)")
  }

  @Test func aFileThatOthersMayWriteGrantsNothing() throws {
    let folder = try TemporaryFolder()
    try folder.write("hark.toml", "socket = \"a\"")
    let path = folder.file("hark.toml")
    unsafe chmod(path, 0o644)
    #expect(try ServerConfiguration(path: path).socket == "a")
    unsafe chmod(path, 0o664)
    let unsafe = try #require(throws: HarkError.self) { try ServerConfiguration(path: path) }
    #expect(unsafe.code == .configurationUnsafe)
    let missing = try #require(throws: HarkError.self) {
      try ServerConfiguration(path: folder.file("none.toml"))
    }
    #expect(missing.code == .configurationMissing)
    unsafe chmod(path, 0o600)
    try Data([0xFF, 0xFE]).write(to: URL(filePath: path))
    let binary = try #require(throws: HarkError.self) { try ServerConfiguration(path: path) }
    #expect(binary.code == .configurationInvalid)
  }
}
