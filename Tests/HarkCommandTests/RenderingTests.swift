import Testing

@testable import Hark
@testable import HarkCommand

/// What commands print, whole.
@Suite struct RenderingTests {
  static let pipe = Screen(isTerminal: false)
  static let terminal = Screen(isTerminal: true, columns: 60, environment: ["TERM": "xterm"])

  static func hit(
    rank: Int = 1, name: String = "travel.pdf", page: Int? = 12, pageEnd: Int? = 12,
    label: String? = nil, heading: String? = "Travel > Approval",
    text: String = "The head of department approves a business trip.",
    matches: [Range<Int>] = [4..<8, 34..<47]
  ) -> SearchHit {
    SearchHit(
      rank: rank, score: 0.03279,
      document: DocumentReference(
        id: 3, name: name, filePath: "/handbook/\(name)", externalID: nil, fileType: "pdf"),
      chunk: ChunkReference(
        id: 40, index: 2, pageNumber: page, pageEnd: pageEnd, pageLabel: label, start: 100,
        end: 148, heading: heading),
      text: text, matches: matches)
  }

  static func result(_ hits: [SearchHit]) -> SearchResult {
    SearchResult(
      query: "business trip", mode: .hybrid, tookMilliseconds: 12.34, confidence: 0.9, hits: hits,
      explanation: nil)
  }

  @Test func searchInAPipe() {
    let result = Self.result([
      Self.hit(label: "viii"),
      Self.hit(
        rank: 2, name: "출장.md", page: nil, pageEnd: nil, heading: nil, text: "출장비 규정",
        matches: [0..<9]),
    ])
    #expect(
      SearchRendering(result: result, screen: Self.pipe).text == """
        1.  0.0328  travel.pdf, page 12 (printed viii)
            Travel > Approval
            The «head» of department approves a «business» «trip».

        2.  0.0328  출장.md
            «출장비» 규정

        2 hits in 12.3 ms (hybrid).

        """)
  }

  @Test func searchOnATerminal() {
    let result = Self.result([Self.hit(matches: [23..<31])])
    #expect(
      SearchRendering(result: result, screen: Self.terminal).text == """
        1.  \u{1B}[2m0.0328\u{1B}[0m  \u{1B}[1mtravel.pdf, page 12\u{1B}[0m
            \u{1B}[2mTravel > Approval\u{1B}[0m
            The head of department \u{1B}[1;33mapproves\u{1B}[0m a business trip.

        1 hit in 12.3 ms (hybrid).

        """)
  }

  @Test func quietSearchHasHitsAlone() {
    let text = SearchRendering(
      result: Self.result([Self.hit()]), screen: Self.pipe, isQuiet: true
    ).text
    #expect(text.hasSuffix("«business» «trip».\n"))
  }

  @Test func searchWithoutHitsSaysSo() {
    #expect(
      SearchRendering(result: Self.result([]), screen: Self.pipe).text
        == "No passage was found for this query.\n")
  }

  @Test func hostileNamesAndHeadingsAreTamed() {
    let hit = Self.hit(
      name: "a\u{1B}[2J\nb.pdf", label: "\u{7}i",
      heading: "x\u{9B}H\u{202E}" + String(repeating: "h", count: 90))
    let text = SearchRendering(result: Self.result([hit]), screen: Self.pipe).text
    #expect(text.contains("a\u{FFFD}[2J b.pdf, page 12 (printed \u{FFFD}i)"))
    #expect(text.contains("x\u{FFFD}Hhhh"))
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.properties.generalCategory != .control)
    }
    for line in text.split(separator: "\n") { #expect(DisplayText.columns(line) <= 80) }
  }

  @Test(
    arguments: [
      (nil, nil, nil, nil), (12, 12, nil, "page 12"), (12, nil, nil, "page 12"),
      (12, 13, nil, "pages 12–13"), (12, 12, "viii", "page 12 (printed viii)"),
      (12, 14, "viii", "pages 12–14 (printed viii on)"), (1, 1, "", "page 1"),
    ] as [(Int?, Int?, String?, String?)])
  func pagesAreNamed(page: Int?, end: Int?, label: String?, text: String?) {
    #expect(
      SearchRendering.page(of: Self.hit(page: page, pageEnd: end, label: label).chunk) == text)
  }

  @Test func ingestAccountOfACleanRun() {
    var report = IngestReport()
    report.counts.filesSeen = 1
    report.counts.added = 1
    report.chunks = 1
    report.tokens = 1
    report.seconds = 0.5
    report.peakMemoryBytes = 300 << 20
    #expect(
      IngestAccount(report: report).text == """
        1 file seen: 1 added, 0 changed, 0 moved, 0 deleted, 0 unchanged, 0 skipped, 0 failed.
        1 chunk of 1 token in 0.50 s: 2.0 chunks/s, 300 MiB of memory at most.

        """)
  }

  @Test func ingestAccountWithSkippedAndFailedFiles() {
    var report = IngestReport()
    report.counts.filesSeen = 1_240
    report.counts.added = 1_200
    report.counts.changed = 3
    report.counts.unchanged = 30
    report.skipped = ["png": 3, "zip": 1, "gif": 1, "symbolic link": 2, "no extension": 1]
    report.failures = [
      IngestFailure(
        filePath: "/h/a\u{1B}.pdf", code: "pdf-encrypted", message: "/h/a.pdf is encrypted")
    ]
    report.chunks = 4_100
    report.chunksReused = 35
    report.tokens = 612_345
    report.seconds = 75
    report.peakMemoryBytes = 612 << 20
    #expect(
      IngestAccount(report: report).text == """
        1,240 files seen: 1,200 added, 3 changed, 0 moved, 0 deleted, 30 unchanged, 8 skipped, \
        1 failed.
        4,100 chunks (35 with known vectors) of 612,345 tokens in 1 min 15 s: 54.7 chunks/s, \
        612 MiB of memory at most.

        Skipped: 3 .png, 2 symbolic links, 1 .gif, 1 file without an extension, 1 .zip.

        Failed:
          /h/a\u{FFFD}.pdf
            /h/a.pdf is encrypted [pdf-encrypted]

        """)
  }

  @Test func ingestAccountNamesTwentyFailures() {
    var report = IngestReport()
    report.failures = (1...1_023).map {
      IngestFailure(filePath: "/h/\($0).pdf", code: "pdf-damaged", message: "damaged")
    }
    let text = IngestAccount(report: report).text
    #expect(text.contains("  /h/20.pdf\n"))
    #expect(!text.contains("  /h/21.pdf\n"))
    #expect(text.hasSuffix("  and 1,003 more; --json lists all.\n"))
  }

  static func document(_ id: Int64, pages: Int, name: String, title: String? = nil)
    -> DocumentRecord
  {
    DocumentRecord(
      id: id, collection: "default", name: name, filePath: "/handbook/\(name)", externalID: nil,
      fileType: pages > 0 ? "pdf" : "markdown", fileSize: 319_488,
      metadata: DocumentMetadata(title: title), pageCount: pages, chunkCount: 1_204,
      tokenCount: 200_000,
      createdAt: "2026-11-19T08:00:00Z", updatedAt: "2026-11-20T08:00:00Z")
  }

  @Test func documentTable() {
    let documents = [
      Self.document(3, pages: 12, name: "travel.pdf"),
      Self.document(11, pages: 0, name: "출장\u{1B}규정.md"),
    ]
    #expect(
      DocumentTable(documents: documents).text == """
        ID  TYPE      PAGES  CHUNKS     SIZE  UPDATED     NAME
         3  pdf          12   1,204  312 KiB  2026-11-20  travel.pdf
        11  markdown      -   1,204  312 KiB  2026-11-20  출장\u{FFFD}규정.md

        2 documents, 2,408 chunks.

        """)
    #expect(
      DocumentTable(documents: [documents[0]], isQuiet: true).text
        == "3  pdf  12  1,204  312 KiB  2026-11-20  travel.pdf\n")
    #expect(
      DocumentTable(documents: []).text
        == "The store holds no documents; 'hark ingest PATH' adds some.\n")
  }

  @Test func documentWithItsText() {
    let contents = DocumentContents(
      document: Self.document(3, pages: 1, name: "travel.pdf", title: "Travel"),
      text: "Line one\n\u{1B}[2Jtwo", chunks: [])
    #expect(
      DocumentRendering(contents: contents).text == """
        travel.pdf

        id          3
        title       Travel
        collection  default
        path        /handbook/travel.pdf
        type        pdf, 1 page
        size        312 KiB
        chunks      1,204
        added       2026-11-19T08:00:00Z
        updated     2026-11-20T08:00:00Z

        Line one
        \u{FFFD}[2Jtwo

        """)
    #expect(
      DocumentRendering(contents: contents, isQuiet: true).text == "Line one\n\u{FFFD}[2Jtwo\n")
  }

  @Test func deletionIsAskedByName() {
    let question = DocumentsDeleteCommand.question(
      for: [Self.document(3, pages: 12, name: "travel.pdf")])
    #expect(question == "  3  /handbook/travel.pdf\nDelete 1 document, 1,204 chunks? [y/N] ")
  }

  private func task(
    _ id: Int64, _ status: TaskRecord.Status, agent: String? = nil, scheduled: String? = nil,
    priority: Int = 0, attempts: Int = 0, isCancelRequested: Bool = false, counts: String? = nil,
    error: String? = nil
  ) -> TaskRecord {
    let time = "2026-03-04T05:06:07.890Z"
    return TaskRecord(
      id: id, kind: .ingest, status: status, payload: #"{"paths":["/\u001b"]}"#,
      priority: priority, agent: agent, createdAt: time, scheduledAt: scheduled ?? time,
      startedAt: agent == nil ? nil : time, finishedAt: status.isEnd ? time : nil,
      isCancelRequested: isCancelRequested, attempts: attempts, counts: counts,
      errorCode: error.map { _ in "path-missing" }, errorMessage: error)
  }

  @Test func tasks() {
    let tasks = [
      task(9, .enqueued), task(8, .enqueued, scheduled: "2026-03-05T00:00:00.000Z"),
      task(7, .enqueued, attempts: 1), task(6, .enqueued, attempts: 2),
      task(5, .enqueued, agent: "host:1"),
      task(3, .processing, agent: "host:1", isCancelRequested: true),
      task(2, .succeeded, agent: "host:1", counts: #"{"added":1200,"chunks":3}"#),
      task(1, .failed, agent: "host:1", error: "no\u{1B} such\npath"),
    ]
    #expect(
      TaskRendering.table(of: tasks, isQuiet: false) == """
        ID  KIND    STATUS      CREATED              OUTCOME
         9  ingest  enqueued    2026-03-04 05:06:07  waits for `hark serve`
         8  ingest  enqueued    2026-03-04 05:06:07  waits for `hark serve`, not before 2026-03-05 00:00:00
         7  ingest  enqueued    2026-03-04 05:06:07  waits for `hark serve`, interrupted 1 time
         6  ingest  enqueued    2026-03-04 05:06:07  waits for `hark serve`, interrupted 2 times
         5  ingest  enqueued    2026-03-04 05:06:07  waits for another writer
         3  ingest  processing  2026-03-04 05:06:07  its end was asked for
         2  ingest  succeeded   2026-03-04 05:06:07  1,200 added, 3 chunks
         1  ingest  failed      2026-03-04 05:06:07  no\u{FFFD} such path

        """)
    #expect(
      TaskRendering.text(of: task(4, .processing, agent: "host:1", priority: 2, attempts: 3)) == """
        id        4
        kind      ingest
        status    processing
        payload   {"paths":["/\\u001b"]}
        created   2026-03-04T05:06:07.890Z
        priority  2
        process   host:1
        started   2026-03-04T05:06:07.890Z
        attempts  3

        """)
    #expect(TaskRendering.line(of: tasks[6]) == "task 2 succeeded: 1,200 added, 3 chunks")
    #expect(TaskRendering.line(of: task(4, .succeeded)) == "task 4 succeeded")
  }

  @Test func indexStatus() {
    let status = IndexStatus(
      collection: "default", dimension: 384, model: "all-MiniLM-L6-v2", chunks: 4_100,
      segments: [.init(file: "0000000007.hark", generation: 7, vectors: 4_000, bytes: 7 << 20)],
      tail: 100, masked: 12)
    #expect(
      IndexRendering.text(of: status, store: "/stores/work") == """
        store       /stores/work
        collection  default
        model       all-MiniLM-L6-v2, 384 dimensions
        chunks      4,100
        segments    1
        tail        100
        masked      12

        GENERATION  VECTORS     SIZE  FILE
                 7    4,000  7.0 MiB  0000000007.hark

        """)
  }

  @Test func indexVerification() {
    let sound = IndexVerification(segments: 1, vectors: 4_000, problems: [])
    #expect(
      IndexRendering.text(of: sound, isQuiet: false)
        == "1 segment read whole, 4,000 vectors compared with the catalog: nothing is wrong.\n")
    #expect(IndexRendering.text(of: sound, isQuiet: true) == "")
    let damaged = IndexVerification(
      segments: 2, vectors: 1,
      problems: [.init(code: "segment-damaged", message: "7.hark: block 3 is damaged")])
    #expect(
      IndexRendering.text(of: damaged, isQuiet: false) == """
        7.hark: block 3 is damaged [segment-damaged]

        2 segments read whole, 1 vector compared with the catalog: 1 problem.

        """)
  }

  @Test func diagnosis() {
    let diagnosis = Diagnosis(findings: [
      .init(topic: "cpu", standing: .good, message: "8 cores"),
      .init(topic: "sandbox", standing: .warning, message: "no Landlock"),
      .init(topic: "model", standing: .bad, message: "missing: run `make setup`"),
    ])
    #expect(
      DiagnosisRendering(diagnosis: diagnosis, screen: Self.pipe).text == """
        good     cpu      8 cores
        warning  sandbox  no Landlock
        bad      model    missing: run `make setup`

        1 finding to be mended before Hark works.

        """)
    #expect(
      DiagnosisRendering(diagnosis: diagnosis, screen: Self.terminal, isQuiet: true).text == """
        \u{1B}[33mwarning\u{1B}[0m  sandbox  no Landlock
        \u{1B}[1;31mbad\u{1B}[0m      model    missing: run `make setup`

        """)
  }
}
