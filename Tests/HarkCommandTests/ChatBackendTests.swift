import Foundation
import TestKit
import Testing

/// examples/chat/backend.py, between curl in the place of a web page, the server as a process, and
/// a language model that the test plays.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: HarkProcess.canEmbed && HarkProcess.has(["python3", "curl"]), "no python3 or curl"))
struct ChatBackendTests {
  private static let backend = TestData.packageRoot.appending(path: "examples/chat/backend.py").path

  /// A language model that answers as the last word of the question says, and keeps what it is
  /// asked.
  private static let model = """
    import http.server, json, sys

    class Model(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with open(sys.argv[1], "a") as asked:
                print(json.dumps([self.path, self.headers["Authorization"], body]), file=asked)
            word = body["messages"][-1]["content"].split()[-1]
            if word == "drop":
                return
            contents = {"empty": "", "null": None}
            answer = {"choices": [{"message": {"content": contents.get(word, "The manager [1].")}}]}
            self.send_response(500 if word == "fail" else 200)
            self.end_headers()
            self.wfile.write(b"<html>" if word == "garbage" else json.dumps(answer).encode())

    server = http.server.HTTPServer(("127.0.0.1", 0), Model)
    print(f"listening at http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    """

  private let served: ServedStore
  private var folder: TemporaryFolder { served.folder }

  init() async throws { served = try await ServedStore() }

  /// Starts a Python program that tells its address.
  private func start(
    _ script: String, _ argument: String = "", environment: [String: String] = [:]
  ) async throws -> (process: HarkProcess, address: String) {
    let output = folder.file("\(UUID().uuidString).log")
    let process = try HarkProcess(
      program: "/bin/bash", ["-c", #"exec python3 "$0" "$1" > "$2""#, script, argument, output],
      environment: environment.merging(["HARK_SOCKET": served.socket, "PORT": "0"]) { $1 })
    for _ in 0..<1200 {
      let line = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
      if line.hasSuffix("\n"), let address = line.split(separator: " ").last {
        return (process, address.trimmingCharacters(in: .newlines))
      }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    process.killAtOnce()
    throw HarkProcess.Malformed(output: "", errors: try await process.outcome().errors)
  }

  /// What the page gets: the status, and the object of JSON.
  private func get(
    _ url: String, _ body: String? = nil, options: [String] = []
  ) async throws -> (status: Int, body: [String: Any]) {
    let data = body == nil ? [] : ["--data-binary", "@-"]
    let outcome = try await HarkProcess(
      program: "/usr/bin/env", ["curl", "-s", "-w", "\n%{http_code}", url] + data + options,
      input: body ?? ""
    ).outcome()
    let lines = outcome.output.split(separator: "\n", maxSplits: 1)
    let json = try JSONSerialization.jsonObject(with: Data((lines.first ?? "").utf8))
    return (
      Int(lines.last ?? "") ?? 0, try #require(json as? [String: Any], "\(outcome)")
    )
  }

  private func question(_ message: String, session: String = "s-1") -> String {
    #"{"session_id": "\#(session)", "user_id": "minji", "message": "\#(message)"}"#
  }

  @Test func aTurnIsAnsweredByTheLanguageModel() async throws {
    try folder.write("model.py", Self.model)
    let asked = folder.file("asked")
    let model = try await start(folder.file("model.py"), asked)
    defer { model.process.killAtOnce() }
    let backend = try await start(
      Self.backend,
      environment: [
        "OPENAI_BASE_URL": model.address + "/v1", "OPENAI_API_KEY": "key", "OPENAI_MODEL": "tiny",
      ])
    defer { backend.process.killAtOnce() }

    let answer = try await get(backend.address + "/chat", question("Who approves a trip?"))
    #expect(answer.status == 200, "\(answer)")
    #expect(answer.body["answer"] as? String == "The manager [1].")
    let source = try #require((answer.body["sources"] as? [[String: Any]])?.first)
    #expect(Set(source.keys) == ["rank", "name", "page_number", "text"])
    #expect(source["rank"] as? Int == 1)
    #expect(source["name"] as? String == "travel.md")
    #expect((source["text"] as? String)?.contains("The manager approves") == true)

    // The model was asked with the passages, by their numbers.
    let line = try String(contentsOfFile: asked, encoding: .utf8)
    let request = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any])
    #expect(request[0] as? String == "/v1/chat/completions")
    #expect(request[1] as? String == "Bearer key")
    let body = try #require(request[2] as? [String: Any])
    #expect(body["model"] as? String == "tiny")
    let messages = try #require(body["messages"] as? [[String: String]])
    #expect(messages.map { $0["role"] } == ["system", "user"])
    #expect(messages[0]["content"]?.contains("[1]") == true)
    #expect(messages[0]["content"]?.contains("The manager approves business trips.") == true)
    #expect(messages[1]["content"] == "Who approves a trip?")

    let id = try #require(answer.body["id"] as? Int)
    let feedback = try await get(
      backend.address + "/feedback",
      #"{"user_id":"minji","message_id":\#(id),"feedback_type":"helpful","rating":5}"#)
    #expect(feedback.status == 200)
    #expect(feedback.body["rating"] as? Int == 5)
    let history = try await get(backend.address + "/history?session_id=s-1")
    let turn = try #require((history.body["turns"] as? [[String: Any]])?.first)
    #expect(turn["id"] as? Int == id)
    #expect(turn["status"] as? String == "answered")
    #expect(turn["assistant_response"] as? String == "The manager [1].")
    let logged = try #require((turn["sources"] as? [[String: Any]])?.first)
    #expect(logged["rank"] as? Int == 1)
    #expect(logged["name"] as? String == "travel.md")
  }

  @Test func aLanguageModelThatFailsLeavesThePendingTurn() async throws {
    try folder.write("model.py", Self.model)
    let model = try await start(folder.file("model.py"), folder.file("asked"))
    defer { model.process.killAtOnce() }
    let backend = try await start(
      Self.backend, environment: ["OPENAI_BASE_URL": model.address])
    defer { backend.process.killAtOnce() }
    for word in ["fail", "drop", "garbage", "empty", "null"] {
      let answer = try await get(
        backend.address + "/chat", question("Who approves a trip? \(word)", session: word))
      #expect(answer.status == 502, "\(answer)")
      #expect(answer.body["code"] as? String == "model-failed")
      let history = try await get(backend.address + "/history?session_id=\(word)")
      let turns = try #require(history.body["turns"] as? [[String: Any]])
      #expect(turns.count == 1)
      #expect(turns.first?["id"] as? Int == answer.body["id"] as? Int)
      #expect(turns.first?["status"] as? String == "pending")
      #expect((turns.first?["sources"] as? [Any])?.isEmpty == false)
    }
    model.process.killAtOnce()
    let gone = try await get(backend.address + "/chat", question("Who?"))
    #expect(gone.status == 502)
  }

  @Test func withoutALanguageModelTheBestPassageIsTheAnswer() async throws {
    let backend = try await start(Self.backend)
    defer { backend.process.killAtOnce() }
    let answer = try await get(backend.address + "/chat", question("연차 휴가는 며칠인가요?"))
    #expect(answer.status == 200)
    #expect((answer.body["answer"] as? String)?.hasPrefix("연차 휴가는") == true, "\(answer)")
    #expect((answer.body["answer"] as? String)?.hasSuffix(" [1]") == true)
  }

  @Test func whatIsWrongIsToldToThePage() async throws {
    let backend = try await start(Self.backend)
    defer { backend.process.killAtOnce() }
    let chat = backend.address + "/chat"
    for body in [
      "", "{", "[1]", "{}", question(" "), #"{"session_id": 1, "user_id": "u", "message": "m"}"#,
      #"{"session_id": "s", "user_id": "u", "message": "\ud800"}"#,
      question("Who?", session: String(repeating: "s", count: 300)),
    ] {
      let answer = try await get(chat, body)
      #expect(answer.status == 400, "\(body): \(answer)")
      #expect(answer.body["error"] is String)
    }
    #expect(try await get(chat).status == 404)
    #expect(try await get(backend.address + "/history").status == 400)
    #expect(try await get(backend.address + "/history?session_id=s&cursor=x").status == 400)
    let feedback = try await get(
      backend.address + "/feedback",
      #"{"user_id":"u","message_id":99,"feedback_type":"helpful"}"#)
    #expect(feedback.status == 400)
    #expect(feedback.body["code"] as? String == "chat-missing")
    let large = ["-X", "POST", "-H", "Content-Length: 99999999"]
    #expect(try await get(chat, options: large).status == 413)

    served.server.killAtOnce()
    _ = try await served.server.outcome()
    let gone = try await get(chat, question("Who?"))
    #expect(gone.status == 503)
    #expect(gone.body["code"] as? String == "unavailable")
    try await served.replaceServer()
    #expect(try await get(chat, question("Who?")).status == 200)
  }
}
