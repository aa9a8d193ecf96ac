import Foundation
import Synchronization
import TestKit
import Testing

@testable import HarkClient

/// Calls, answers and what may come between.
@Suite(.timeLimit(.minutes(2))) struct CallTests {
  /// Answers `echo` with its parameter `n`.
  private static let echo: FakeServer.Script = { request, connection in
    if let number = request.number("n") { connection.answer(request, "\(number)") }
  }

  private func echo(
    _ client: HarkClient, _ number: Int, isRepeatable: Bool = true
  ) async throws -> Int {
    try await client.call("echo", params: ["n": number], isRepeatable: isRepeatable)
  }

  @Test func answersMayComeInAnyOrder() async throws {
    let held = Mutex<[FakeRequest]>([])
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      let all = held.withLock { held in
        held.append(request)
        return held
      }
      guard all.count == 5 else { return }
      for request in all.reversed() {
        connection.answer(request, "\(request.number("n") ?? 0)")
      }
    }
    defer { server.end() }
    let client = try await server.client()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<5 { group.addTask { try await echo(client, number) == number } }
      for try await isRight in group { #expect(isRight) }
    }
  }

  @Test func aThousandCallsShareAConnection() async throws {
    let state = Mutex<(held: [FakeRequest], most: Int)>(([], 0))
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      // Answers come in bursts, the last request first.
      state.withLock { state in
        state.held.append(request)
        state.most = max(state.most, state.held.count)
      }
      connection.later {
        let held = state.withLock { state in
          defer { state.held = [] }
          return state.held
        }
        for request in held.reversed() {
          connection.answer(request, "\(request.number("n") ?? -1)")
        }
      }
    }
    defer { server.end() }
    let client = try await server.client()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for number in 0..<1_000 { group.addTask { try await echo(client, number) == number } }
      for try await isRight in group { #expect(isRight) }
    }
    #expect(server.connections.count == 1)
    #expect(server.requests.count == 1_000)
    #expect(Set(server.requests.map(\.id)).count == 1_000)
    let most = state.withLock { $0.most }
    #expect(most <= 63, "\(most)")
    #expect(try await client.link.openCalls() == 0)
  }

  @Test func noMoreThanTheLimitAreUnderWay() async throws {
    let held = Mutex<[FakeRequest]>([])
    let server = try await FakeServer { request, _ in
      if request.id != nil { held.withLock { $0.append(request) } }
    }
    defer { server.end() }
    let client = try await server.client()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<100 { group.addTask { try await echo(client, number) } }
      var answered = 0
      while answered < 100 {
        #expect(try await eventually { server.requests.count >= min(100, answered + 63) })
        #expect(server.requests.count <= answered + 63)
        let request = try #require(held.withLock { $0.isEmpty ? nil : $0.removeFirst() })
        server.connections.first?.answer(request, "1")
        answered += 1
      }
      for try await _ in group {}
    }
  }

  @Test(arguments: [1, 2, 7]) func answersMayComeInPieces(_ size: Int) async throws {
    let server = try await FakeServer { request, connection in
      guard let id = request.id else { return }
      let answer = Array(
        "{\"result\": {\"text\": \"꿀 \\\"id\\\": 5\"} , \"id\" : \(id) }\r\n".utf8)
      for start in stride(from: 0, to: answer.count, by: size) {
        connection.send(Array(answer[start..<min(answer.count, start + size)]))
      }
    }
    defer { server.end() }
    let client = try await server.client()
    for number in 0..<3 {
      let result = try await client.call(
        "echo", params: ["n": number], as: [String: String].self)
      #expect(result == ["text": "꿀 \"id\": 5"])
    }
  }

  @Test func severalAnswersMayComeAtOnce() async throws {
    let held = Mutex<[FakeRequest]>([])
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      let all = held.withLock { held in
        held.append(request)
        return held
      }
      guard all.count == 3 else { return }
      connection.send(
        all.map { #"{"jsonrpc":"2.0","id":\#($0.id ?? 0),"result":7}"# + "\n" }.joined())
    }
    defer { server.end() }
    let client = try await server.client()
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<3 { group.addTask { try await echo(client, number) } }
      for try await result in group { #expect(result == 7) }
    }
  }

  @Test func hugeAnswersAreTaken() async throws {
    let text = [UInt8](repeating: UInt8(ascii: "x"), count: 48 << 20)
    let server = try await FakeServer { request, connection in
      guard let id = request.id else { return }
      connection.send(Array("{\"id\":\(id),\"result\":\"".utf8) + text + Array("\"}\n".utf8))
    }
    defer { server.end() }
    let client = try await server.client()
    let result = try await client.call("big", params: ["n": 1], as: String.self)
    #expect(result.utf8.elementsEqual(text))
  }

  @Test(arguments: [false, true]) func anAnswerAboveTheLimitIsRefused(hasEnd: Bool) async throws {
    let server = try await FakeServer { request, connection in
      switch request.method {
      case "big": connection.send(String(repeating: "x", count: 5_000) + (hasEnd ? "\n" : ""))
      case "echo": connection.answer(request, "1")
      default: break
      }
    }
    let client = try await HarkClient(
      Link(server.path, limits: Connection.Limits(lineBytes: 4_096)), retries: .quick)
    let error = await failure {
      try await client.call("big", params: ["n": 1], as: Int.self)
    }
    #expect(error?.code == .answerMalformed)
    #expect(error?.message.contains("more than 4096 bytes") == true)
    #expect(try await echo(client, 1) == 1)
    #expect(server.connections.count == 2)
  }

  @Test(arguments: [
    "nonsense", "[]", "{}", "{\"jsonrpc\":\"2.0\"}", "{\"id\":", "{\"id\"", "\"id\":1", "{", "}",
    "{\"a\":]", "{\"a\":\"\\", "{,}", "{\"id\" 5}", "HTTP/1.1 400 Bad Request", "\u{0}", "",
    "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":1}", "{\"result\":[{\"id\":1}]}",
  ])
  func garbageEndsTheConnectionAndNothingElse(_ line: String) async throws {
    let server = try await FakeServer { request, connection in
      if request.method == "bad" { connection.send(line + "\n") }
      if request.method == "echo" { connection.answer(request, "1") }
    }
    defer { server.end() }
    let client = try await server.client()
    let error = await failure {
      try await client.call("bad", params: ["n": 1], as: Int.self, isRepeatable: true)
    }
    #expect(error?.code == .answerMalformed)
    #expect(error?.retryable == false)
    #expect(try await echo(client, 1) == 1)
    #expect(server.requests.map(\.method) == ["bad", "echo"])
  }

  @Test func bytesThatAreNoTextAreRefused() async throws {
    let server = try await FakeServer { request, connection in
      guard let id = request.id else { return }
      connection.send(
        Array("{\"id\":\(id),\"result\":\"".utf8) + [0xFF, 0xC0] + Array("\"}\n".utf8))
    }
    defer { server.end() }
    let client = try await server.client()
    let error = await failure {
      try await client.call("bad", params: ["n": 1], as: String.self)
    }
    #expect(error?.code == .answerMalformed)
  }

  @Test(
    arguments: [
      (#"{"id":ID,"result":"text"}"#, ": the member result is of another type"),
      (#"{"id":ID}"#, ": the member result is missing"),
      (#"{"id":ID,"result":{"query":"q"}}"#, ": the member result.mode is missing"),
      (#"{"id":ID,"result":null}"#, ": the member result is of another type"),
      (#"{"id":ID,"result":1e999}"#, "cannot be read"),
      (#"{"id":ID,"result":{"#, ": it is no JSON"),
      (#"{"id":ID nonsense"#, ": it is no JSON"),
      (
        #"{"id":ID,"result":{"query":"q","mode":"m","took_ms":1,"confidence":1,"hits":[{"rank":"x"}]}}"#,
        "member result.hits[0].rank is of another type"
      ),
    ])
  func aResultThatCannotBeReadIsNamed(answer: String, message: String) async throws {
    let server = try await FakeServer { request, connection in
      guard let id = request.id else { return }
      connection.send(answer.replacing("ID", with: "\(id)") + "\n")
    }
    defer { server.end() }
    let client = try await server.client()
    let error = await failure { try await client.search("x") }
    #expect(error?.code == .answerMalformed)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("The answer to search") == true)
    // Other calls go on: the line had an end, and an id.
    #expect(server.connections.allSatisfy { $0.isOpen })
  }

  @Test func whatNobodyAskedForIsPassedOver() async throws {
    let server = try await FakeServer { request, connection in
      guard request.id != nil else { return }
      connection.send(
        """
        {"jsonrpc":"2.0","method":"progress","params":{"id":99,"task":1,"phase":"x"}}
        {"jsonrpc":"2.0","method":"progress","params":{"id":1}}
        {"jsonrpc":"2.0","method":"progress"}
        {"jsonrpc":"2.0","method":"news","params":[1,2,{"id":1}]}
        {"jsonrpc":"2.0","id":4711,"result":1}
        {"jsonrpc":"2.0","id":-1,"result":1}
        {"jsonrpc":"2.0","id":"1","result":1}
        {"jsonrpc":"2.0","id":1.5,"result":1}
        {"jsonrpc":"2.0","id":99999999999999999999999,"result":1}

        """)
      connection.answer(request, "5")
      connection.answer(request, "6")
    }
    defer { server.end() }
    let client = try await server.client()
    for _ in 0..<3 { #expect(try await echo(client, 1) == 5) }
    #expect(server.connections.count == 1)
  }

  @Test(
    arguments: [
      (
        #"{"code":-32602,"message":"No.","data":{"code":"invalid-params","field":"n","hint":"Do."}}"#,
        HarkClientError(.invalidParams, "No.", field: "n", hint: "Do.", number: -32602)
      ),
      (
        #"{"code":-32601,"message":"No method."}"#,
        HarkClientError(.methodNotFound, "No method.", number: -32601)
      ),
      (
        #"{"code":-32700,"message":"No.","data":null}"#,
        HarkClientError(.init(rawValue: "parse-error"), "No.", number: -32700)
      ),
      (
        #"{"code":-32600,"message":"No.","data":"text"}"#,
        HarkClientError(.init(rawValue: "invalid-request"), "No.", number: -32600)
      ),
      (
        #"{"code":-32603,"message":"No.","data":{"code":5,"retryable":"yes","retry_after_ms":"x"}}"#,
        HarkClientError(.unexpected, "No.", number: -32603)
      ),
      (
        #"{"code":"x","message":[]}"#,
        HarkClientError(.unexpected, "The server gave an error without a message.")
      ),
      (#"{}"#, HarkClientError(.unexpected, "The server gave an error without a message.")),
      (#""text""#, HarkClientError(.unexpected, "The server gave an error without a message.")),
      (
        #"{"code":-32013,"message":"New.","data":{"code":"of-tomorrow","more":[1]},"more":1}"#,
        HarkClientError(.init(rawValue: "of-tomorrow"), "New.", number: -32013)
      ),
      (
        #"{"code":-32013,"message":"Full.","data":{"code":"disk-full","retry_after_ms":-5}}"#,
        HarkClientError(
          .init(rawValue: "disk-full"), "Full.", number: -32013, retryAfter: .zero)
      ),
    ])
  func errorsAreToldAsTheyCome(json: String, expected: HarkClientError) async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.fail(request, json) }
    }
    defer { server.end() }
    let client = try await server.client()
    let error = await failure { try await echo(client, 1) }
    #expect(error == expected)
    #expect(server.requests.count == 1)
  }

  @Test func parametersThatAreNoObjectAreRefused() async throws {
    let server = try await FakeServer(Self.echo)
    defer { server.end() }
    let client = try await server.client()
    for error in [
      await failure {
        try await client.call("echo", params: [1, 2], as: Int.self)
      },
      await failure {
        try await client.call("echo", params: ["n": Double.nan], as: Int.self)
      },
    ] {
      #expect(error?.code == .invalidParams)
      #expect(error?.message.contains("echo") == true)
    }
    let large = String(repeating: "x", count: 16 << 20)
    let error = await failure {
      try await client.call("echo", params: ["n": large], as: Int.self)
    }
    #expect(error?.code == .tooLarge)
    #expect(server.requests.isEmpty)
    #expect(try await echo(client, 3) == 3)
  }

  @Test func aMethodMayHaveAnyName() async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.answer(request, "1") }
    }
    defer { server.end() }
    let client = try await server.client()
    let name = "한 \"method\"\n\\u0000/"
    let result = try await client.call(name, params: [String: Int](), as: Int.self)
    #expect(result == 1)
    #expect(server.requests.first?.method == name)
  }

  @Test func aResultMayBeNull() async throws {
    let server = try await FakeServer { request, connection in
      if request.id != nil { connection.answer(request, "null") }
    }
    defer { server.end() }
    let client = try await server.client()
    let result = try await client.call("echo", params: ["n": 1], as: Int?.self)
    #expect(result == nil)
  }

  @Test func anErrorWithoutAnIDEndsAllCalls() async throws {
    let waiting = Counter(1)
    let server = try await FakeServer { request, connection in
      guard request.id != nil, !waiting.takeOne() else { return }
      connection.send(
        """
        {"jsonrpc":"2.0","id":null,"error":{"code":-32006,"message":"Too slow.",\
        "data":{"code":"too-slow","retryable":true}}}

        """)
    }
    defer { server.end() }
    let client = try await server.client()
    async let first = failure { try await echo(client, 1, isRepeatable: false) }
    async let second = failure { try await echo(client, 2, isRepeatable: false) }
    for error in await [first, second] {
      #expect(error?.code.rawValue == "too-slow")
      #expect(error?.number == -32006)
    }
    #expect(server.requests.count == 2)
  }

  @Test func aLongCallMayBeRefusedBeforeItsIDIsRead() async throws {
    let refusals = Counter(2)
    let held = Mutex<FakeRequest?>(nil)
    let server = try await FakeServer { request, connection in
      switch request.method {
      case "hold": held.withLock { $0 = request }
      case "long" where refusals.takeOne():
        connection.send(
          """
          {"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Full.","data":\
          {"code":"busy","retryable":true,"retry_after_ms":1}}}

          """)
      case "long": connection.answer(request, "5")
      default: break
      }
    }
    defer { server.end() }
    let client = try await server.client()
    async let short: Int = client.call("hold", params: ["n": 1])
    #expect(try await eventually { server.requests.count == 1 })
    let text = String(repeating: "x", count: 70_000)
    let long = try await client.call(
      "long", params: ["text": text], as: Int.self, isRepeatable: true)
    #expect(long == 5)
    #expect(server.requests.count == 4)
    // The short one has never been in doubt.
    #expect(server.connections.count == 1)
    if let request = held.withLock({ $0 }) { server.connections[0].answer(request, "6") }
    #expect(try await short == 6)
    #expect(try await client.link.openCalls() == 0)
  }

  @Test func aServerMaySayWhyItHangsUp() async throws {
    let server = try await FakeServer { request, connection in
      guard request.method.isEmpty else { return }
      connection.send(
        """
        {"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"The user 5 may not use \
        this socket.","data":{"code":"peer-refused","retryable":false}}}

        """)
      connection.hangUp()
    }
    defer { server.end() }
    for _ in 0..<50 {
      let error = await failure { try await server.client().hello() }
      #expect(error?.code.rawValue == "peer-refused")
      #expect(error?.number == -32005)
    }
  }

  @Test func aServerWithTooManyClientsIsAskedAgain() async throws {
    let isFull = Mutex(true)
    let server = try await FakeServer { request, connection in
      if request.method.isEmpty, isFull.withLock({ $0 }) {
        connection.send(
          """
          {"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Too many clients are \
          connected.","data":{"code":"busy","retryable":true,"retry_after_ms":1}}}

          """)
        isFull.withLock { $0 = false }
      } else if request.id != nil {
        connection.answer(request, "1")
      }
    }
    defer { server.end() }
    let client = try await server.client()
    #expect(try await echo(client, 1) == 1)
  }
}
