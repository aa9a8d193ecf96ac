import Documents
import Foundation
import Glibc
import SystemPackage
import TestKit
import Testing

/// The parser process from outside: what it says, and how it fails.
@Suite(.serialized, .timeLimit(.minutes(2))) struct DocumentParserTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// The code and message of the error that parsing a file ends with.
  private func failure(
    of path: String, _ parser: DocumentParser, sourceLocation: SourceLocation = #_sourceLocation
  ) async -> (code: DocumentError.Code?, message: String) {
    do throws(DocumentError) {
      let document = try await parser.parse(path)
      Issue.record("parsed \(document.text.prefix(80))", sourceLocation: sourceLocation)
      return (nil, "")
    } catch {
      return (error.code, error.message)
    }
  }

  /// A parser whose process for each document is a shell script.
  private func impostor(_ body: String, limits: ParserLimits = .init()) throws -> DocumentParser {
    let path = try folder.writeProgram("impostor-\(UUID().uuidString)", "#!/bin/sh\n\(body)\n")
    return try faulty(path, limits: limits)
  }

  /// A parser with a fault in the process for each document.
  private func faulty(_ fault: String, limits: ParserLimits = .init()) throws -> DocumentParser {
    let program = try DocumentParser().executable.string
    return try script(
      "HARK_PARSER_FAULT='\(fault)' exec '\(program)' \"$@\"", limits: limits)
  }

  /// A parser that is a shell script.
  private func script(_ body: String, limits: ParserLimits = .init()) throws -> DocumentParser {
    let path = try folder.writeProgram("parser-\(UUID().uuidString)", "#!/bin/sh\n\(body)\n")
    return try DocumentParser(executable: path, limits: limits)
  }

  @Test func parsesEachType() async throws {
    let parser = try DocumentParser()
    let markdown = try await parser.parse(folder.write("a.md", "# A\n\nWords."))
    #expect(markdown.text == "A\n\nWords.")
    #expect(markdown.headings.map(\.title) == ["A"])
    #expect(markdown.fileType == .markdown)
    let html = try await parser.parse(folder.write("b.htm", "<title>T</title><p>Words."))
    #expect(html.text == "Words.")
    #expect(html.title == "T")
    let text = try await parser.parse(folder.write("c.TXT", "여행\u{C}규정"))
    #expect(text.text == "여행\n\n규정")
    #expect(text.pages.map(\.number) == [1, 2])
  }

  @Test func namesNeedNotBeUTF8() async throws {
    let bytes: [CInterop.PlatformChar] =
      Array(folder.path.utf8CString.dropLast())
      + [0x2F, CInterop.PlatformChar(bitPattern: 0xFF)] + Array(".txt".utf8CString)
    let path = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe buffer.baseAddress.map { unsafe FilePath(platformString: $0) }
    }
    let file = try FileDescriptor.open(
      try #require(path), .writeOnly, options: .create, permissions: .ownerReadWrite)
    try file.writeAll(Array("Words.".utf8))
    try file.close()
    let document = try await DocumentParser().parse(try #require(path))
    #expect(document.text == "Words.")
  }

  @Test func openFilesAreReadFromTheBeginning() async throws {
    let path = try folder.write("a.txt", "Words.")
    let file = try FileDescriptor.open(FilePath(path), .readOnly)
    try file.seek(offset: 3, from: .start)
    let document = try await DocumentParser().parse(file, name: "a", as: .text)
    #expect(document.text == "Words.")
    #expect(try file.seek(offset: 0, from: .current) == 3)
    try file.close()
  }

  @Test func manyAtOnce() async throws {
    let parser = try DocumentParser()
    let paths = try (0..<24).map { try folder.write("\($0).md", "# Number \($0)\n\nWords.") }
    let titles = try await withThrowingTaskGroup(of: String?.self) { group in
      for path in paths { group.addTask { try await parser.parse(path).title } }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(titles == Set((0..<24).map { "Number \($0)" }))
  }

  @Test func filesThatAreNone() async throws {
    let parser = try DocumentParser(limits: .init(inputBytes: 10))
    let fifo = folder.file("fifo.txt")
    let isMade = unsafe mkfifo(fifo, 0o600) == 0
    #expect(isMade)
    try FileManager.default.createDirectory(
      atPath: folder.file("folder.txt"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("loop.txt"), withDestinationPath: folder.file("loop.txt"))
    let cases: [(String, DocumentError.Code)] = [
      (folder.file("missing.txt"), .fileMissing), (fifo, .notARegularFile),
      (folder.file("folder.txt"), .notARegularFile), ("/dev/null", .unsupportedType),
      (folder.file("loop.txt"), .fileUnreadable),
      (try folder.write("a.docx", "x"), .unsupportedType),
      (try folder.write("empty.txt", ""), .fileEmpty),
      (try folder.write("large.txt", "eleven byte"), .fileTooLarge),
      (try folder.write("blank.txt", " \n"), .noText),
      (try folder.write("binary.txt", Data((0..<10).map { UInt8($0) })), .notText),
      (try folder.write("damaged.pdf", "no PDF"), .pdfDamaged),
    ]
    for (path, code) in cases {
      let result = await failure(of: path, parser)
      #expect(result.code == code, "\(path)")
      #expect(result.message.hasPrefix(path))
      if [.fileMissing, .fileEmpty, .fileTooLarge, .noText, .pdfDamaged].contains(code) {
        #expect(result.message.contains(". "), "a remedy: \(result.message)")
      }
    }
  }

  @Test(.enabled(if: geteuid() != 0, "root reads every file"))
  func unreadableFiles() async throws {
    let path = try folder.write("secret.txt", "x")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(await failure(of: path, try DocumentParser()).code == .fileUnreadable)
  }

  @Test func aMissingParser() async throws {
    #expect(throws: DocumentError.self) { try DocumentParser(executable: folder.file("nowhere")) }
    let garbage = try folder.writeProgram("garbage", "not a program")
    let path = try folder.write("a.txt", "x")
    let result = await failure(of: path, try DocumentParser(executable: garbage))
    #expect(result.code == .parserMissing)
  }

  @Test(
    arguments: [
      ("hang", .parserTimeout), ("spin", .parserTimeout), ("crash", .parserCrashed),
      ("abort", .parserCrashed), ("memory", .parserMemory),
    ] as [(String, DocumentError.Code)])
  func faults(fault: String, code: DocumentError.Code) async throws {
    let limits = ParserLimits(
      seconds: fault == "hang" ? 1 : 30, cpuSeconds: 1, addressSpaceBytes: 512 << 20)
    let parser = try faulty(fault, limits: limits)
    let result = await failure(of: try folder.write("a.txt", "Words."), parser)
    #expect(result.code == code)
    if fault == "crash" { #expect(result.message.hasSuffix("The parser crashed with SIGSEGV.")) }
    if fault == "abort" { #expect(result.message.hasSuffix("The parser crashed with SIGABRT.")) }
  }

  @Test func aParserStepsBack() async throws {
    // No other process has this one.
    let parser = try faulty("hang", limits: ParserLimits(seconds: 30, nice: 13))
    let path = try folder.write("a.txt", "Words.")
    let run = Task { await failure(of: path, parser) }
    func isThere() -> Bool {
      let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
      return processes.contains { process in
        guard let number = id_t(process) else { return false }
        let kind = __priority_which_t(PRIO_PROCESS.rawValue)
        return getpriority(kind, number) == 13
      }
    }
    while !isThere() { try await Task.sleep(for: .milliseconds(10)) }
    run.cancel()
    #expect(await run.value.code == .cancelled)
  }

  @Test func theSandboxHolds() async throws {
    let program = try DocumentParser().executable.string
    let said = folder.file("sandbox")
    let shown = Process()
    shown.executableURL = URL(filePath: "/bin/sh")
    shown.arguments = ["-c", "\(program) --sandbox > \(said)"]
    try shown.run()
    shown.waitUntilExit()
    let parts = try String(contentsOfFile: said, encoding: .utf8).split(separator: "\n")
    #expect(parts.contains("no new privileges"))
    // An old kernel or a container may refuse the rest, and then there is nothing to try.
    guard parts.contains("files"), parts.contains("system calls") else { return }
    let parser = try faulty("escape")
    #expect(try await parser.parse(folder.write("a.txt", "Words.")).text == "Words.")
  }

  static let start = #"{"version":\#(ParserRecord.version),"type":"text"}"#
  static let end = #"{"end":{}}"#

  @Test(
    arguments: [
      ("", .parserProtocol), ("echo garbage", .parserProtocol),
      ("printf '\\377\\n'", .parserProtocol),
      ("echo '\(start)'", .parserProtocol), ("echo '\(end)'", .parserProtocol),
      ("printf '{\"version\":'", .parserProtocol),
      ("echo '{\"version\":99,\"type\":\"text\"}'", .parserProtocol),
      ("echo '\(start)'; echo '\(start)'", .parserProtocol),
      (
        "echo '\(start)'; echo '{\"block\":\"heading\",\"level\":9,\"text\":\"x\"}'",
        .parserProtocol
      ),
      ("echo '\(start)'; echo '{\"block\":\"page\",\"number\":0}'", .parserProtocol),
      ("echo '\(start)'; echo '\(end)'; echo '\(end)'", .parserProtocol),
      ("echo '\(start)'; echo '\(end)'", .noText),
      ("echo '\(start)'; echo '{\"error\":{\"code\":\"not-text\",\"message\":\"x\"}}'", .notText),
      (
        "echo '\(start)'; echo '{\"error\":{\"code\":\"unheard-of\",\"message\":\"x\"}}'",
        .parserProtocol
      ),
      (
        "echo '\(start)'; x=$(head -c 60000 /dev/zero | tr '\\0' x); "
          + "while :; do echo \"{\\\"block\\\":\\\"text\\\",\\\"text\\\":\\\"$x\\\"}\"; done",
        .textTooLarge
      ),
      ("head -c 20000000 /dev/zero", .parserProtocol),
      ("while :; do echo complaint >&2; done", .parserTimeout), ("sleep 60", .parserTimeout),
      ("exec >&- 2>&-; sleep 60", .parserCrashed), ("trap '' TERM; kill -9 $$", .parserCrashed),
      ("echo 'terminate: std::bad_alloc' >&2; kill -ABRT $$", .parserMemory),
      ("echo '[cmark] calloc returned null pointer, aborting' >&2; kill -ABRT $$", .parserMemory),
      ("exit 7", .parserProtocol),
    ] as [(String, DocumentError.Code)])
  func protocolFailures(body: String, code: DocumentError.Code) async throws {
    let parser = try impostor(body, limits: .init(seconds: 4, outputBytes: 8 << 20))
    let result = await failure(of: try folder.write("a.txt", "Words."), parser)
    #expect(result.code == code, "\(result)")
    #expect(result.message.hasPrefix(folder.path))
  }

  @Test func theParserDescribesItself() async throws {
    let description = try await DocumentParser().describe()
    #expect(description.version == "hark-parser, protocol \(ParserRecord.version)")
    #expect(description.confinement.first == "no new privileges")
  }

  @Test func theParserSeesNothingOfTheEnvironment() async throws {
    let parser = try impostor("[ -z \"$HOME\" ] && echo '\(Self.start)' && echo '\(Self.end)'")
    #expect(await failure(of: try folder.write("a.txt", "Words."), parser).code == .noText)
  }

  @Test(
    arguments: [
      ("sleep 60 & sleep 60", "did not answer within"),
      ("exec 0>&- 1>&-; sleep 60", "takes no requests"),
      ("exit 3", "takes no requests"),
      ("echo one; echo two", "takes no requests"),
    ])
  func aParserThatDoesNotAnswer(body: String, message: String) async throws {
    let parser = try script(body)
    do throws(DocumentError) {
      let description = try await parser.describe()
      Issue.record("described as \(description)")
    } catch {
      #expect(error.code == .parserMissing)
      #expect(error.message.contains(message))
    }
    let quick = try script(body, limits: .init(seconds: 1))
    let result = await failure(of: try folder.write("a.txt", "Words."), quick)
    #expect(result.code == .parserMissing)
    #expect(result.message.contains(message))
  }

  @Test func limitsStayWithinWhatTheParserTakes() async throws {
    let parser = try DocumentParser(limits: .init(seconds: .max, cpuSeconds: .max))
    #expect(try await parser.parse(folder.write("a.txt", "Words.")).text == "Words.")
    let least = ParserLimits(seconds: .min, cpuSeconds: 0)
    #expect((least.seconds, least.cpuSeconds) == (1, 1))
  }

  @Test func nothingIsLeftBehind() async throws {
    let note = folder.file("pid")
    let parser = try impostor(
      "echo $$ > '\(note)'; sleep 60 & sleep 60", limits: .init(seconds: 1))
    let path = try folder.write("a.txt", "Words.")
    _ = await failure(of: path, parser)
    let text = try String(contentsOfFile: note, encoding: .utf8)
    let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    // A process that was not reaped could still be sent signals.
    #expect(kill(pid, 0) == -1)
    func openFiles() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }
    let before = try openFiles()
    for _ in 0..<300 { _ = try await DocumentParser().parse(path) }
    let one = try DocumentParser()
    for _ in 0..<500 { _ = try await one.parse(path) }
    // Other suites open files meanwhile, and close them; one left open by each server would be 300.
    for _ in 0..<1_200 where try openFiles() >= before + 250 {
      try await Task.sleep(for: .milliseconds(50))
    }
    #expect(try openFiles() < before + 250)
  }

  @Test func cancellation() async throws {
    let parser = try impostor("sleep 60")
    let path = try folder.write("a.txt", "Words.")
    let task = Task { await failure(of: path, parser).code }
    try await Task.sleep(for: .milliseconds(200))
    task.cancel()
    #expect(await task.value == .cancelled)
  }

  @Test func fiftyMegabytesOfText() async throws {
    let sentence = "여행 규정은 다음과 같다. A sentence of ten words is here for you today.\n"
    let text = String(repeating: sentence, count: (50 << 20) / sentence.utf8.count)
    let document = try await DocumentParser().parse(folder.write("large.txt", text))
    #expect(document.text.utf8.count == text.utf8.count)
    let chunks = Chunker { $0.utf8.count / 4 }.chunks(of: document)
    #expect(chunks.last?.range.upperBound == text.utf8.count - 1)
  }

  @Test func usage() throws {
    let program = try DocumentParser().executable.string
    let cases: [([String], Int32, String)] = [
      (["--version"], 0, "hark-parser, protocol \(ParserRecord.version)\n"), ([], 2, ""),
      (["--type", "doc"], 2, ""), (["--type"], 2, ""),
      (["--type", "text", "--seconds", "-1"], 2, ""), (["x"], 2, ""),
    ]
    for (arguments, status, expected) in cases {
      let process = Process()
      process.executableURL = URL(filePath: program)
      process.arguments = arguments
      let (output, error) = (Pipe(), Pipe())
      (process.standardOutput, process.standardError) = (output, error)
      process.standardInput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == status)
      let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      #expect(said == expected)
      if status == 2 {
        let complaint = String(decoding: error.fileHandleForReading.availableData, as: UTF8.self)
        #expect(complaint.hasPrefix("hark-parser: "))
        #expect(complaint.contains("usage: hark-parser --type"))
      }
    }
  }
}

/// A hundred real PDF files, many of them damaged.
@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: TestData.folder("pdf-samples") != nil))
struct PDFSampleTests {
  @Test func eachEndsInTextOrAClearError() async throws {
    let folder = try #require(TestData.folder("pdf-samples"))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".pdf") }.sorted()
    #expect(files.count == 100)
    let parser = try DocumentParser()
    var codes: [DocumentError.Code: Int] = [:]
    var parsed = 0
    try await withThrowingTaskGroup(of: DocumentError.Code?.self) { group in
      for (index, file) in files.enumerated() {
        if index >= 2, let code = try await group.next() { count(code) }
        group.addTask { try await Self.outcome(of: folder.path + "/" + file, parser) }
      }
      for try await code in group { count(code) }
    }
    func count(_ code: DocumentError.Code?) {
      if let code { codes[code, default: 0] += 1 } else { parsed += 1 }
    }
    #expect(parsed >= 65)
    #expect(Set(codes.keys).isSubset(of: [.pdfEncrypted, .pdfDamaged, .noText]))
    #expect(codes[.pdfEncrypted] == 4)
  }

  private static func outcome(
    of path: String, _ parser: DocumentParser
  ) async throws -> DocumentError.Code? {
    do throws(DocumentError) {
      let document = try await parser.parse(path)
      check(Chunker { $0.utf8.count / 4 }.chunks(of: document), of: document, limit: 254)
      return nil
    } catch {
      return error.code
    }
  }
}
