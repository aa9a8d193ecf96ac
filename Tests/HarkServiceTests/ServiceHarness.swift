import Foundation
import Hark
import TestKit
import Testing

@testable import HarkServer
@testable import HarkService

/// The methods over a real store, without a socket. Every answer is held against the schema.
struct ServiceHarness: Sendable {
  /// The user who runs the service.
  static let owner: UInt32 = 1000

  let folder: TemporaryFolder
  let engine: Engine
  let service: HarkService
  private let checker: SchemaChecker

  init(_ configuration: ServerConfiguration = ServerConfiguration()) async throws {
    _ = Products.parser
    folder = try TemporaryFolder()
    engine = try await Engine(store: folder.file("store"), model: TestData.model?.path)
    service = HarkService(engine: engine, owner: Self.owner, configuration: configuration)
    checker = SchemaChecker(document: InterfaceDescription.openRPC)
  }

  /// The answer to a request, as JSON text.
  func answer(
    _ method: String, _ params: String = "{}", by user: UInt32 = owner, group: UInt32 = owner,
    notify: @escaping @Sendable (String, Data) async -> Void = { _, _ in }
  ) async throws(RPCError) -> Data {
    let request = RPCRequest(
      id: RequestID(json: "7"), isNotification: false, method: method,
      body: Data(#"{"jsonrpc":"2.0","id":7,"method":"\#(method)","params":\#(params)}"#.utf8),
      peer: Peer(uid: user, gid: group, pid: 1), deadline: nil)
    let answer = try await service.answer(request, notify: notify)
    let problems = checker.problems(ofResult: answer, method)
    #expect(problems.isEmpty, "\(method) \(params): \(problems)")
    return answer
  }

  /// The answer to a request, which is to be an object.
  @discardableResult
  func call(
    _ method: String, _ params: String = "{}", by user: UInt32 = owner, group: UInt32 = owner,
    notify: @escaping @Sendable (String, Data) async -> Void = { _, _ in }
  ) async throws -> [String: Any] {
    let answer = try await answer(method, params, by: user, group: group, notify: notify)
    return try #require(try JSONSerialization.jsonObject(with: answer) as? [String: Any])
  }

  /// The error that a request meets; nil where it is answered.
  func failure(
    _ method: String, _ params: String = "{}", by user: UInt32 = owner, group: UInt32 = owner
  ) async -> RPCError? {
    do {
      _ = try await answer(method, params, by: user, group: group)
      return nil
    } catch {
      return error
    }
  }

  /// Two texts, one in English and one in Korean.
  func ingestNotes(into collection: String = "default") async throws {
    let notes = [
      SourceDocument(
        externalID: "travel", name: "travel.txt", content: .text("The manager approves trips.")),
      SourceDocument(
        externalID: "leave", content: .text("연차는 스물다섯 날입니다.", heading: "휴가")),
    ]
    let report = try await engine.upsert(notes, into: collection)
    #expect(report.counts.added == 2)
  }
}

/// Holds JSON against the schemas of an OpenRPC document: the part of JSON Schema that they use.
struct SchemaChecker: Sendable {
  let document: JSON

  /// What is wrong with the result of a method.
  func problems(ofResult json: Data, _ method: String) -> [String] {
    guard case .array(let methods)? = document["methods"],
      let schema = methods.first(where: { $0["name"] == .string(method) })?["result"]?["schema"]
    else { return ["no schema"] }
    guard let value = JSON(text: String(decoding: json, as: UTF8.self)) else { return ["no JSON"] }
    return problems(of: value, schema, at: "result")
  }

  /// What is wrong with a value.
  func problems(of value: JSON, _ schema: JSON, at place: String) -> [String] {
    if case .string(let reference)? = schema["$ref"] {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      guard let record = document["components"]?["schemas"]?[name] else {
        return ["\(place): no \(reference)"]
      }
      return problems(of: value, record, at: place)
    }
    if case .array(let choices)? = schema["anyOf"] {
      let found = choices.map { problems(of: value, $0, at: place) }
      return found.contains(where: \.isEmpty) ? [] : found.first ?? []
    }
    if case .array(let values)? = schema["enum"], !values.contains(value) {
      return ["\(place): \(value) is none of \(values)"]
    }
    switch (schema["type"], value) {
    case (nil, _), ("null", .null), ("boolean", .boolean), ("number", .number),
      ("number", .integer), ("string", .string):
      return []
    case ("integer", .integer(let number)):
      if case .integer(let least)? = schema["minimum"], number < least { return ["\(place): <"] }
      if case .integer(let most)? = schema["maximum"], number > most { return ["\(place): >"] }
      return []
    case ("array", .array(let elements)):
      guard let schema = schema["items"] else { return [] }
      return elements.enumerated().flatMap { problems(of: $1, schema, at: "\(place)[\($0)]") }
    case ("object", .object(let members)):
      return problems(ofMembers: members, schema, at: place)
    default:
      return ["\(place): \(value) is not of the type \(String(describing: schema["type"]))"]
    }
  }

  private func problems(
    ofMembers members: [String: JSON], _ schema: JSON, at place: String
  ) -> [String] {
    var found: [String] = []
    if case .array(let names)? = schema["required"] {
      for case .string(let name) in names where members[name] == nil {
        found.append("\(place): no \(name)")
      }
    }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      if let schema = schema["properties"]?[name] {
        found += problems(of: value, schema, at: "\(place).\(name)")
      } else if schema["additionalProperties"] == false {
        found.append("\(place): \(name) is not described")
      } else if let schema = schema["additionalProperties"] {
        found += problems(of: value, schema, at: "\(place).\(name)")
      }
    }
    return found
  }
}
