import Foundation
import Hark
import TestKit
import Testing

@testable import HarkServer
@testable import HarkService

/// The description of the interface against what the methods do.
@Suite(.timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct InterfaceTests {
  private let harness: ServiceHarness

  init() async throws { harness = try await ServiceHarness() }

  /// The page that people read; `HARK_WRITE_DOCS=1` writes it.
  private static let page = TestData.packageRoot.appending(path: "docs/api.md")

  @Test func thePageShowsTheMethodsAndHowTheirExamplesGo() async throws {
    // The worker, which carries out the ingest that `subscribe` waits for.
    let house = Task { [service = harness.service] in await service.keepHouse() }
    defer { house.cancel() }
    var exchanges: [ReferencePage.Exchange] = []
    for method in HarkService.interface {
      let params = method.description.example
      var outcome = "result"
      let answer: Data
      do throws(RPCError) {
        answer = try await harness.answer(method.name, params)
      } catch {
        outcome = "error"
        answer = try JSONText.encode(error)
        #expect(method.description.errors.contains(error.data.code), "\(method.name): \(error)")
      }
      let json = try #require(JSON(text: String(decoding: answer, as: UTF8.self)))
      exchanges.append(
        .init(
          method: method.name, params: params, outcome: outcome,
          answer: json.masked(store: harness.engine.storePath).text(indent: "")))
    }
    let made = ReferencePage.markdown(exchanges)
    let page = try String(contentsOf: Self.page, encoding: .utf8)
    let start = try #require(page.range(of: "## Methods\n")).lowerBound
    if ProcessInfo.processInfo.environment["HARK_WRITE_DOCS"] != nil {
      try Data((page[..<start] + made).utf8).write(to: Self.page)
    } else {
      let (old, new) = (page[start...].split(separator: "\n"), made.split(separator: "\n"))
      let difference = zip(old, new).first { $0 != $1 }
      #expect(
        page[start...] == made,
        "`make docs` writes docs/api.md anew; the first line that differs: \(difference as Any)")
    }
  }

  @Test func everyParameterIsReadUnderTheNameThatIsDescribed() async throws {
    for method in HarkService.interface {
      for field in method.parameters {
        // No parameter is an object of such members, so the error has to be about it.
        let wrong: JSON = ["\u{1}": [["\u{1}": true]]]
        guard case .object(var params) = try #require(JSON(text: method.description.example))
        else { continue }
        params[field.name] = wrong
        let text = String(decoding: try JSONText.encode(params), as: UTF8.self)
        let error = await harness.failure(method.name, text)
        #expect(error?.code == -32602, "\(method.name) \(field.name): \(error as Any)")
        #expect(error?.data.field?.hasPrefix(field.name) == true, "\(method.name) \(field.name)")
      }
    }
  }

  @Test func namesAreUniqueAndReferencesLeadSomewhere() {
    let names = HarkService.interface.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(!names.contains("cancel"))
    let records = Set(Schema.records.map(\.name))
    func check(_ schema: Schema) {
      switch schema {
      case .record(let name): #expect(records.contains(name))
      case .list(let element), .map(let element), .optional(let element): check(element)
      case .object(let fields): fields.map(\.schema).forEach(check)
      default: break
      }
    }
    HarkService.interface.map(\.description.result).forEach(check)
    Schema.records.flatMap(\.fields).map(\.schema).forEach(check)
  }

  @Test func theSchemaRefusesWhatIsNotDescribed() {
    let checker = SchemaChecker(document: InterfaceDescription.openRPC)
    func problems(_ method: String, _ json: String) -> [String] {
      checker.problems(ofResult: Data(json.utf8), method)
    }
    #expect(problems("chat.delete", #"{"turns": 1}"#).isEmpty)
    #expect(!problems("chat.delete", #"{"turns": "1"}"#).isEmpty)
    #expect(!problems("chat.delete", "{}").isEmpty)
    #expect(!problems("chat.delete", #"{"turns": 1, "more": 1}"#).isEmpty)
    #expect(!problems("healthz", #"{"status": "fine"}"#).isEmpty)
    #expect(!problems("chat.search", #"{"turns": [{"id": 1}]}"#).isEmpty)
  }
}
