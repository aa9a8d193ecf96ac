import Foundation
import GRDB
import Machine
import TestKit
import Testing

@testable import Hark

/// Ingests that wait for a worker, with vectors spun from hashes.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: TestData.model != nil))
struct TaskQueueTests {
  private let folder: TemporaryFolder

  init() throws {
    _ = Products.parser
    folder = try TemporaryFolder()
  }

  private func open() async throws -> Engine {
    try await Engine(
      store: folder.file("store"), model: TestData.model?.path, access: .createIfMissing,
      isStubbed: true)
  }

  private func note(_ id: String, _ text: String? = nil) -> SourceDocument {
    SourceDocument(externalID: id, content: .text(text ?? "The note \(id) tells of reeds."))
  }

  private func notes(_ ids: String...) -> IngestRequest {
    IngestRequest(.documents(ids.map { note($0) }))
  }

  /// So many notes that there is time to stop in their midst, unless the machine is very busy.
  private var manyNotes: IngestRequest {
    IngestRequest(.documents((0..<2_000).map { note("\($0)") }))
  }

  /// Has a worker work until some tasks have ended, and end itself.
  ///
  /// - Returns: the tasks in the order in which it began with them.
  @discardableResult
  private func work(_ engine: Engine, until tasks: [TaskRecord]) async throws -> [Int64] {
    var left = Set(tasks.map(\.id))
    var order: [Int64] = []
    try await whileWorking(engine) { events in
      for await event in events {
        switch event {
        case .began(let task): order.append(task.id)
        case .stopped(let task): left.remove(task.id)
        case .troubled(let error): throw error
        }
        if left.isEmpty { break }
      }
    }
    return order
  }

  /// Runs a body beside a worker, which has ended when the call returns.
  private func whileWorking(
    _ engine: Engine, _ body: (AsyncStream<TaskEvent>) async throws -> Void
  ) async throws {
    let (events, continuation) = AsyncStream<TaskEvent>.makeStream()
    let worker = Task { await engine.runTasks { continuation.yield($0) } }
    do {
      try await body(events)
    } catch {
      worker.cancel()
      await worker.value
      throw error
    }
    worker.cancel()
    await worker.value
  }

  /// Leaves a task as a worker does whose process is killed.
  private func begin(_ engine: Engine, as agent: String = "elsewhere:1") throws -> Int64? {
    try engine.catalog.takeTask(agent: agent)
  }

  /// The tasks whose requests the catalog still keeps.
  private func inputs(_ engine: Engine) throws -> [Int64] {
    try engine.catalog.read { db in try Int64.fetchAll(db, sql: "SELECT job_id FROM job_inputs") }
  }

  private func execute(_ engine: Engine, _ sql: String) throws {
    try engine.catalog.write { db in try db.execute(sql: sql) }
  }

  // MARK: What is carried out

  @Test func theMostUrgentIsFirstAndThenTheOldest() async throws {
    let engine = try await open()
    let first = try await engine.enqueue(notes("a"))
    let second = try await engine.enqueue(notes("b"))
    let urgent = try await engine.enqueue(notes("c"), priority: 5)
    let idle = try await engine.enqueue(notes("d"), priority: -5)
    let later = try await engine.enqueue(
      notes("e"), priority: 9, notBefore: Date.now.addingTimeInterval(3600))
    #expect(first.status == .enqueued && first.agent == nil && first.attempts == 0)
    #expect(later.scheduledAt > later.createdAt)
    let order = try await work(engine, until: [idle])
    #expect(order == [urgent, first, second, idle].map(\.id))
    #expect(try await engine.task(later.id).status == .enqueued)
    #expect(try await engine.documents().map(\.externalID) == ["c", "a", "b", "d"])
    let done = try await engine.task(first.id)
    #expect(done.status == .succeeded && done.attempts == 1 && done.agent == RunningTask.agent)
    #expect(done.count("added") == 1)
    #expect(try inputs(engine) == [later.id])
    #expect(try await engine.verify().problems == [])
  }

  @Test func pathsAreKeptInStep() async throws {
    for name in ["heron", "stork"] { try folder.write("in/\(name).txt", "The \(name) fishes.") }
    let engine = try await open()
    let request = IngestRequest(.paths([folder.file("in")]))
    let first = try await engine.enqueue(request)
    #expect(first.payload == #"{"collection":"default","paths":["\#(folder.file("in"))"]}"#)
    try await work(engine, until: [first])
    try FileManager.default.removeItem(atPath: folder.file("in/stork.txt"))
    let second = try await engine.enqueue(request)
    let idle = try await engine.enqueue(request)
    try await work(engine, until: [second, idle])
    #expect(try await engine.task(second.id).count("deleted") == 1)
    #expect(try await engine.task(idle.id).count("unchanged") == 1)
    #expect(try await engine.documents().map(\.name) == ["heron.txt"])
  }

  /// What was enqueued is what an upsert would have made of it.
  @Test func documentsKeepAllThatIsSaidOfThem() async throws {
    let engine = try await open()
    try await engine.createCollection(CollectionSettings(name: "crm"))
    var metadata = DocumentMetadata(title: "Visit", tags: ["north", "한국"])
    metadata.fields["weight"] = .number(2.5)
    metadata.removed = ["author"]
    let documents = [
      SourceDocument(
        externalID: "crm/1", name: "visit.txt",
        content: .text("A \"quoted\" \u{1} line\r\nand 숲 🪶.", heading: "The visit"),
        metadata: metadata),
      SourceDocument(
        externalID: "crm/2",
        content: .file(Data("# Rail\n\nIt hides in the \u{FFFD} sedge.".utf8), extension: "md")),
      SourceDocument(externalID: "crm/3", content: .text(" \n")),
    ]
    let task = try await engine.enqueue(IngestRequest(.documents(documents), into: "crm"))
    #expect(task.payload == #"{"collection":"crm","documents":3}"#)
    try await work(engine, until: [task])
    let done = try await engine.task(task.id)
    #expect(done.status == .succeeded)
    #expect(done.counts?.contains(#""code":"no-text""#) == true)
    let direct = try await engine.upsert(documents, into: "crm")
    #expect(direct.counts.unchanged == 2)
    let contents = try await engine.document(try await engine.documents(in: "crm")[0].id)
    #expect(contents.document.metadata.tags == ["north", "한국"])
    #expect(contents.text == "The visit\n\nA \"quoted\" \u{1} line\r\nand 숲 🪶.")
  }

  @Test func anErrorEndsItsTaskAlone() async throws {
    try folder.write("in/a.txt", "The curlew calls.")
    let engine = try await open()
    try await engine.createCollection(CollectionSettings(name: "birds"))
    let gone = try await engine.enqueue(IngestRequest(.paths([folder.file("in")])))
    let homeless = try await engine.enqueue(
      IngestRequest(.documents([note("x")]), into: "birds"))
    let sound = try await engine.enqueue(notes("y"))
    try FileManager.default.removeItem(atPath: folder.file("in"))
    try await engine.deleteCollection("birds")
    #expect(try await work(engine, until: [sound]) == [gone, homeless, sound].map(\.id))
    for (task, code) in [(gone, "path-missing"), (homeless, "collection-missing")] {
      let ended = try await engine.task(task.id)
      #expect(ended.status == .failed && ended.errorCode == code)
    }
    #expect(try inputs(engine) == [])
  }

  @Test(arguments: [
    (IngestRequest(.paths([])), HarkError.Code.invalidArgument),
    (IngestRequest(.paths(["notes"])), .invalidArgument),
    (IngestRequest(.paths([""])), .invalidArgument),
    (IngestRequest(.paths(["/no/such/folder"])), .pathMissing),
    (IngestRequest(.paths(["/\0"])), .pathMissing),
    (IngestRequest(.paths(Array(repeating: "/", count: 1_001))), .invalidArgument),
    (IngestRequest(.documents([])), .invalidArgument),
    (
      IngestRequest(.documents([SourceDocument(externalID: "", content: .text("x"))])),
      .invalidArgument
    ),
    (
      IngestRequest(
        .documents([SourceDocument(externalID: "x", content: .file(Data(), extension: "exe"))])),
      .invalidArgument
    ),
    (
      IngestRequest(
        .documents([
          SourceDocument(
            externalID: "x", content: .text("x"), metadata: DocumentMetadata(language: "no tag!"))
        ])), .metadataInvalid
    ),
    (
      IngestRequest(.documents([SourceDocument(externalID: "x", content: .text("x"))]), into: "?"),
      .collectionMissing
    ),
  ])
  func whatCannotBeCarriedOutIsRefused(request: IngestRequest, code: HarkError.Code) async throws {
    let engine = try await open()
    let error = await #expect(throws: HarkError.self) { try await engine.enqueue(request) }
    #expect(error?.code == code, "\(error.debugDescription)")
    #expect(try await engine.tasks().isEmpty)
  }

  @Test(arguments: [-1, Double.nan, 1e12])
  func aTimeBeyondTheCalendarIsRefused(seconds: Double) async throws {
    let engine = try await open()
    let error = await #expect(throws: HarkError.self) {
      try await engine.enqueue(notes("a"), notBefore: Date(timeIntervalSince1970: seconds))
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func aRequestHasALimit() async throws {
    let engine = try await open()
    let limit = IngestRequest.maximumBytes
    let kibibyte = String(repeating: "\"", count: 1 << 10)
    // A quote takes two bytes in JSON.
    for kibibytes in [(limit >> 10) + 1, limit >> 11] {
      let text = String(repeating: kibibyte, count: kibibytes)
      let error = await #expect(throws: HarkError.self) {
        try await engine.enqueue(IngestRequest(.documents([note("large", text)])))
      }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("\(limit) are the limit") == true)
    }
    let text = String(repeating: "The reed bends in the wind. ", count: limit / 28 - 10)
    let task = try await engine.enqueue(IngestRequest(.documents([note("large", text)])))
    #expect(try await engine.cancelTask(task.id).status == .canceled)
  }

  // MARK: What becomes of it

  @Test func aTaskOutlivesItsEngine() async throws {
    var first: Engine? = try await open()
    let task = try await #require(first).enqueue(notes("a"))
    first = nil
    let second = try await open()
    #expect(try await second.tasks().map(\.id) == [task.id])
    #expect(try await work(second, until: [task]) == [task.id])
    #expect(try await second.documents().count == 1)
  }

  @Test func anInterruptedTaskIsBegunThreeTimes() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(notes("a"))
    for attempt in 1...3 {
      #expect(try begin(engine) == task.id)
      let begun = try await engine.task(task.id)
      #expect(begun.status == .processing && begun.attempts == attempt)
      #expect(begun.agent == "elsewhere:1")
      // Any writer finds it.
      try await engine.compact()
      guard attempt < 3 else { break }
      let again = try await engine.task(task.id)
      #expect(again.status == .enqueued && again.attempts == attempt)
      #expect(again.agent == nil && again.startedAt == nil)
    }
    let failed = try await engine.task(task.id)
    #expect(failed.status == .failed && failed.errorCode == "task-interrupted")
    #expect(failed.errorMessage?.contains("3 times") == true)
    #expect(try inputs(engine) == [])
    #expect(try begin(engine) == nil)
  }

  /// A worker that starts alone finds what another one has left.
  @Test func aWorkerGoesOnWithWhatAKilledOneLeft() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(notes("a"))
    let unwanted = try await engine.enqueue(notes("b"))
    #expect(try begin(engine) == task.id)
    #expect(try begin(engine) == unwanted.id)
    #expect(try await engine.cancelTask(unwanted.id).status == .processing)
    #expect(try await work(engine, until: [task]) == [task.id])
    #expect(try await engine.task(task.id).attempts == 2)
    #expect(try await engine.task(unwanted.id).status == .canceled)
    #expect(try inputs(engine) == [])
  }

  @Test func aTaskIsCanceledWhileItWaits() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(notes("a"))
    let other = try await engine.enqueue(notes("b"))
    #expect(try await engine.cancelTask(task.id).status == .canceled)
    #expect(try inputs(engine) == [other.id])
    #expect(try await work(engine, until: [other]) == [other.id])
    #expect(try await engine.documents().map(\.externalID) == ["b"])
    let ended = await #expect(throws: HarkError.self) { try await engine.cancelTask(task.id) }
    #expect(ended?.code == .taskEnded)
  }

  @Test func aTaskIsCanceledWhileItRuns() async throws {
    let engine = try await open()
    // As another process does.
    let other = try await open()
    let task = try await engine.enqueue(manyNotes)
    try await whileWorking(engine) { events in
      for await now in try await engine.progress(of: task.id) where now.chunksDone > 0 {
        try await other.cancelTask(task.id)
        break
      }
      for await case .stopped(let ended) in events {
        #expect(ended.id == task.id && ended.status == .canceled && ended.attempts == 1)
        break
      }
    }
    #expect(try await engine.documents().count > 0)
    #expect(try inputs(engine) == [])
    #expect(try await engine.verify().problems == [])
  }

  @Test func aWorkerThatEndsGivesItsTaskBack() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(manyNotes)
    for round in 0..<4 {
      let kept = try await engine.documents().count
      let other = try await open()
      if round == 3 {
        try await work(other, until: [task])
      } else {
        try await whileWorking(other) { _ in
          for await now in try await other.progress(of: task.id) where now.chunksDone > 0 { break }
        }
      }
      let left = try await engine.task(task.id)
      if left.status == .enqueued {
        #expect(left.attempts == 0 && left.agent == nil && !left.isCancelRequested)
        #expect(try inputs(engine) == [task.id])
        #expect(try await engine.documents().count > kept)
      } else {
        #expect(left.status == .succeeded && left.attempts == 1)
        #expect(left.count("unchanged") == Double(kept))
        break
      }
    }
    #expect(try await engine.documents().count == 2_000)
    #expect(try await engine.verify().problems == [])
  }

  /// Somebody asks for the end of a task while its worker has to end too.
  @Test func aTaskThatIsGivenBackMayHaveToEnd() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(notes("a"))
    #expect(try begin(engine) == task.id)
    try await engine.cancelTask(task.id)
    try engine.catalog.giveBackTask(task.id)
    #expect(try await engine.task(task.id).status == .canceled)
    // It has ended, and stays so.
    try engine.catalog.giveBackTask(task.id)
    try engine.catalog.endTask(task.id, as: .succeeded)
    #expect(try await engine.task(task.id).status == .canceled)
  }

  @Test func twoWorkersShareTheTasks() async throws {
    let engines = [try await open(), try await open(), try await open()]
    var tasks: [TaskRecord] = []
    for number in 0..<24 {
      tasks.append(try await engines[number % 3].enqueue(notes("\(number)")))
    }
    let (events, continuation) = AsyncStream<TaskEvent>.makeStream()
    let workers = engines.map { engine in
      Task { await engine.runTasks { continuation.yield($0) } }
    }
    var begun: [Int64] = []
    var ended = 0
    for await event in events {
      switch event {
      case .began(let task): begun.append(task.id)
      case .stopped: ended += 1
      case .troubled(let error): Issue.record("\(error)")
      }
      if ended == tasks.count { break }
    }
    for worker in workers { worker.cancel() }
    for worker in workers { await worker.value }
    #expect(begun.sorted() == tasks.map(\.id))
    for task in try await engines[0].tasks() {
      #expect(task.status == .succeeded && task.attempts == 1)
    }
    #expect(try await engines[0].documents().count == 24)
  }

  // MARK: Other writers

  @Test func aTaskWaitsForAnotherWriter() async throws {
    let engine = try await open()
    let lock = try WriterLock(folder.file("store/lock"))
    let first = try await engine.enqueue(notes("a"))
    let unwanted = try await engine.enqueue(notes("b"))
    try await whileWorking(engine) { events in
      // Longer than a worker sleeps.
      try await Task.sleep(for: .milliseconds(700))
      #expect(try await engine.tasks().allSatisfy { $0.status == .enqueued })
      #expect(try await engine.cancelTask(unwanted.id).status == .canceled)
      lock.release()
      for await case .stopped(let task) in events {
        #expect(task.id == first.id && task.status == .succeeded)
        break
      }
    }
  }

  @Test func aWorkerEndsWhileAnotherOneWrites() async throws {
    let engine = try await open()
    let lock = try WriterLock(folder.file("store/lock"))
    let task = try await engine.enqueue(notes("a"))
    try await whileWorking(engine) { _ in try await Task.sleep(for: .milliseconds(50)) }
    #expect(try await engine.task(task.id).status == .enqueued)
    withExtendedLifetime(lock) {}
  }

  /// A direct ingest waits while the worker has work for long; both are done, and neither's record
  /// is taken for that of a dead process.
  @Test func othersHaveTheirTurn() async throws {
    let engine = try await open()
    var tasks: [TaskRecord] = []
    for number in 0..<6 { tasks.append(try await engine.enqueue(notes("\(number)"))) }
    let lock = try WriterLock(folder.file("store/lock"))
    let other = try await open()
    let direct = Task {
      try await other.upsert([note("direct")], waitForOtherWriter: true)
    }
    while try await engine.tasks(limit: 1)[0].agent == nil {
      try await Task.sleep(for: .milliseconds(10))
    }
    lock.release()
    try await work(engine, until: tasks)
    let id = try #require(try await direct.value.task)
    let record = try await engine.task(id)
    #expect(record.status == .succeeded && record.attempts == 0)
    #expect(record.agent == RunningTask.agent)
    #expect(try await engine.documents().count == 7)
  }

  @Test func aProcessThatDiedWhileItWaitedIsTold() async throws {
    let engine = try await open()
    let dead = try engine.catalog.addTask(
      .ingest, payload: "{}", agent: "elsewhere:1", waits: true)
    let lock = try WriterLock(folder.file("store/lock"))
    let living = Task {
      try await engine.upsert([note("a")], waitForOtherWriter: true)
    }
    while try await engine.tasks(limit: 1)[0].id == dead {
      try await Task.sleep(for: .milliseconds(10))
    }
    let waiting = try await engine.tasks(limit: 1)[0]
    #expect(waiting.status == .enqueued && waiting.agent == RunningTask.agent)
    // While somebody waits, nobody can tell them apart.
    try await engine.tidyUp(lock)
    #expect(try await engine.task(dead).status == .enqueued)
    #expect(try await engine.task(waiting.id).status == .enqueued)
    lock.release()
    #expect(try await living.value.task == waiting.id)
    let told = try await engine.task(dead)
    #expect(told.status == .failed && told.errorCode == "task-interrupted")
    #expect(told.errorMessage?.contains("waited") == true)
    #expect(try await engine.task(waiting.id).status == .succeeded)
  }

  @Test func theHolderKnowsWhetherAnybodyWaits() async throws {
    let path = folder.file("lock")
    let lock = try WriterLock(path)
    #expect(try lock.lookingForWaiters { $0 } == false)
    #expect(try await WriterLock.ifFree(path) == nil)
    let waits = AsyncStream<Void>.makeStream()
    let waiter = Task {
      try await WriterLock.waiting(for: path) { waits.continuation.yield() }
    }
    for await _ in waits.stream { break }
    #expect(try lock.lookingForWaiters { $0 } == true)
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await waiter.value }
    // The thread that waited may hold its place for a moment longer.
    while try lock.lookingForWaiters({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
    lock.release()
    #expect(try await WriterLock.waiting(for: path).lookingForWaiters { $0 } == false)
  }

  // MARK: Keys

  @Test func aKeyMakesARetryHarmless() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(notes("a"), requestKey: "k")
    #expect(try await engine.enqueue(notes("a"), requestKey: "k").id == task.id)
    for other in [notes("b"), notes("a", "b")] {
      let error = await #expect(throws: HarkError.self) {
        try await engine.enqueue(other, requestKey: "k")
      }
      #expect(error?.code == .requestKeyReused)
    }
    let error = await #expect(throws: HarkError.self) {
      try await engine.deleteDocuments([1], requestKey: "k")
    }
    #expect(error?.code == .requestKeyReused)
    try await work(engine, until: [task])
    let again = try await open().enqueue(notes("a"), requestKey: "k")
    #expect(again.id == task.id && again.status == .succeeded)
    #expect(try await engine.tasks().count == 1)
    for key in ["", String(repeating: "k", count: 257)] {
      let error = await #expect(throws: HarkError.self) {
        try await engine.enqueue(notes("a"), requestKey: key)
      }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func aKeyIsForgottenAfterSomeDays() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(notes("a"), requestKey: "old")
    try execute(engine, "UPDATE request_keys SET created_at = '2020-01-01T00:00:00.000Z'")
    try await engine.enqueue(notes("a"), requestKey: "new")
    #expect(try await engine.enqueue(notes("b"), requestKey: "old").id != task.id)
  }

  @Test func manyRetriesAtOnceMakeOneTask() async throws {
    let engines = [try await open(), try await open()]
    let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
      for number in 0..<20 {
        group.addTask {
          try await engines[number % 2].enqueue(notes("a"), requestKey: "k").id
        }
      }
      return try await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(ids.count == 1)
    #expect(try await engines[0].tasks().count == 1)
  }

  @Test func aDeletionIsDoneOnceForItsKey() async throws {
    let engine = try await open()
    try await engine.upsert((1...4).map { note("\($0)") })
    #expect(try await engine.deleteDocuments([1, 2], requestKey: "k") == 2)
    // The store has another writer, and a retry needs none.
    let lock = try WriterLock(folder.file("store/lock"))
    #expect(try await engine.deleteDocuments([2, 1], requestKey: "k") == 2)
    let locked = await #expect(throws: HarkError.self) {
      try await engine.deleteDocuments([3], requestKey: "l")
    }
    #expect(locked?.code == .storeLocked)
    lock.release()
    // What failed may be tried again with its key.
    #expect(try await engine.deleteDocuments([3], requestKey: "l") == 1)
    let reused = await #expect(throws: HarkError.self) {
      try await engine.deleteDocuments([4], requestKey: "k")
    }
    #expect(reused?.code == .requestKeyReused)
    let missing = await #expect(throws: HarkError.self) {
      try await engine.deleteDocuments([4, 99], requestKey: "m")
    }
    #expect(missing?.code == .documentMissing)
    #expect(try await engine.deleteDocuments([4], requestKey: "m") == 1)
    #expect(try await engine.documents().isEmpty)
  }

  // MARK: Progress

  /// All elements of a stream, which has to end.
  private func elements(_ stream: AsyncStream<IngestProgress>) async -> [IngestProgress] {
    await stream.reduce(into: []) { $0.append($1) }
  }

  @Test func progressIsFollowedByAnyNumber() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(manyNotes)
    var streams: [AsyncStream<IngestProgress>] = []
    for _ in 0..<10 { streams.append(try await engine.progress(of: task.id)) }
    let followers = streams.map { stream in Task { await elements(stream) } }
    // One that never asks holds up nobody.
    let silent = try await engine.progress(of: task.id)
    try await work(engine, until: [task])
    for follower in followers {
      #expect(await follower.value.last?.phase == .indexing)
    }
    #expect(await elements(silent).count <= 1)
    #expect(engine.followers.count(of: task.id) == 0)
  }

  @Test func progressEndsWithItsTask() async throws {
    let engine = try await open()
    let other = try await open()
    let missing = await #expect(throws: HarkError.self) { try await engine.progress(of: 1) }
    #expect(missing?.code == .taskMissing)
    #expect(engine.followers.count(of: 1) == 0)

    // Canceled while it waits, by this engine and by another one.
    for canceling in [engine, other] {
      let task = try await engine.enqueue(notes("a"))
      let stream = try await engine.progress(of: task.id)
      try await canceling.cancelTask(task.id)
      #expect(await elements(stream).isEmpty)
      // Ended before anybody asked.
      #expect(await elements(try await engine.progress(of: task.id)).isEmpty)
    }
    // Carried out elsewhere.
    let sound = try await engine.enqueue(notes("b"))
    let elsewhere = try await engine.progress(of: sound.id)
    try await work(other, until: [sound])
    #expect(await elements(elsewhere).isEmpty)
    // Failed.
    let failing = try await engine.enqueue(notes("c"))
    try execute(engine, "UPDATE job_inputs SET input = x'00'")
    let stream = try await engine.progress(of: failing.id)
    try await work(engine, until: [failing])
    #expect(await elements(stream).allSatisfy { $0.phase == .scanning })
    // Interrupted for good.
    let doomed = try await engine.enqueue(notes("d"))
    let last = try await engine.progress(of: doomed.id)
    for _ in 0..<3 {
      #expect(try begin(engine) == doomed.id)
      try await engine.compact()
    }
    #expect(await elements(last).isEmpty)
    // A call of its own has a task too.
    let running = AsyncStream<Int64>.makeStream()
    async let report = engine.upsert((0..<200).map { note("own \($0)") }) { [engine] _ in
      Task { running.continuation.yield(try await engine.tasks(limit: 1)[0].id) }
    }
    for await id in running.stream {
      _ = await elements(try await engine.progress(of: id))
      #expect(try await engine.task(id).status == .succeeded)
      break
    }
    #expect(try await report.counts.added == 200)
  }

  /// A task that goes back to the queue has not ended.
  @Test func progressGoesOnWithTheNextWorker() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(manyNotes)
    let stream = try await engine.progress(of: task.id)
    let follower = Task { await elements(stream) }
    try await whileWorking(engine) { _ in
      for await now in try await engine.progress(of: task.id) where now.chunksDone > 0 { break }
    }
    if try await engine.task(task.id).status == .enqueued {
      #expect(engine.followers.count(of: task.id) == 1)
      try await work(engine, until: [task])
    }
    #expect(await follower.value.last?.phase == .indexing)
  }

  @Test func whoLeavesIsForgotten() async throws {
    let engine = try await open()
    let task = try await engine.enqueue(notes("a"))
    var dropped: AsyncStream<IngestProgress>? = try await engine.progress(of: task.id)
    #expect(engine.followers.count(of: task.id) == 1)
    withExtendedLifetime(dropped) {}
    dropped = nil
    #expect(engine.followers.count(of: task.id) == 0)
    let stream = try await engine.progress(of: task.id)
    let follower = Task { await elements(stream) }
    follower.cancel()
    #expect(await follower.value.isEmpty)
    #expect(engine.followers.count(of: task.id) == 0)
  }

  // MARK: The catalog

  /// Not even a task that was canceled leaves a copy of its text behind.
  @Test func nothingOfARequestStays() async throws {
    let engine = try await open()
    let secret = "Zaunkönigsgeheimnis"
    let task = try await engine.enqueue(
      IngestRequest(.documents([note("a", String(repeating: "\(secret) ", count: 5_000))])),
      requestKey: "k")
    func isInFiles() throws -> Bool {
      try ["catalog.sqlite", "catalog.sqlite-wal"].contains { name in
        try Data(contentsOf: URL(filePath: folder.file("store/\(name)")))
          .range(of: Data(secret.utf8)) != nil
      }
    }
    #expect(try isInFiles())
    try await engine.cancelTask(task.id)
    try await engine.compact()
    #expect(try !isInFiles())
  }

  @Test(arguments: [
    "UPDATE job_inputs SET input = x'00'", "UPDATE job_inputs SET input = 'text'",
    "UPDATE job_inputs SET input = x''", "UPDATE job_inputs SET input = CAST('{}' AS BLOB)",
    #"UPDATE job_inputs SET input = CAST('{"collection":"default"}' AS BLOB)"#,
    #"""
    UPDATE job_inputs SET input =
      CAST('{"collection":"default","paths":["/"],"documents":[]}' AS BLOB)
    """#,
    #"""
    UPDATE job_inputs SET input = CAST('{"collection":"default","documents":[{}]}' AS BLOB)
    """#,
    "UPDATE job_inputs SET input = zeroblob(20000000)",
  ])
  func aDamagedRequestFailsItsTaskAlone(sql: String) async throws {
    let engine = try await open()
    let damaged = try await engine.enqueue(notes("a"))
    try execute(engine, sql)
    let sound = try await engine.enqueue(notes("b"))
    #expect(try await work(engine, until: [sound]) == [damaged.id, sound.id])
    let failed = try await engine.task(damaged.id)
    #expect(failed.status == .failed && failed.errorCode == "catalog-damaged")
    #expect(try inputs(engine) == [])
  }

  /// Whatever stands in a task's row, the worker gets to the next one.
  @Test(arguments: [
    "payload = x'ff'", "kind = x'ff'", "priority = 'soon'", "attempts = 'x'", "attempts = -1",
    "cancel_requested = 'x'", "created_at = x'ff'", "counts = x'ff'", "scheduled_at = ''",
  ])
  func aDamagedRowKeepsNobodyFromWork(change: String) async throws {
    let engine = try await open()
    let damaged = try await engine.enqueue(notes("a"))
    try execute(
      engine, "PRAGMA ignore_check_constraints = ON; UPDATE job_queue SET \(change)")
    let sound = try await engine.enqueue(notes("b"))
    try await whileWorking(engine) { _ in
      while try await !engine.task(sound.id).status.isEnd {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    #expect(try await engine.task(sound.id).status == .succeeded)
    let status = try engine.catalog.read { db in
      try String.fetchOne(
        db, sql: "SELECT status FROM job_queue WHERE job_id = ?", arguments: [damaged.id])
    }
    #expect(["succeeded", "failed", "canceled"].contains(status))
  }

  @Test func aStoreOfTheFirstVersionIsMigrated() async throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("store"), withIntermediateDirectories: true)
    let old = try DatabasePool(path: folder.file("store/catalog.sqlite"))
    try Catalog.migrator.migrate(
      old, upTo: "1: collections, documents, chunks, segments, tasks")
    let schema = try await old.write { db in
      for status in ["succeeded", "processing", "enqueued"] {
        try db.execute(
          sql: """
            INSERT INTO job_queue(kind, payload, priority, status, created_at, scheduled_at,
              cancel_requested)
            VALUES ('ingest', '{}', 0, ?, '2026-01-02T03:04:05.678Z', '2026-01-02T03:04:05.678Z', 0)
            """, arguments: [status])
      }
      #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == 1)
      return try String.fetchAll(
        db, sql: "SELECT sql FROM sqlite_master WHERE tbl_name = 'job_queue' ORDER BY name")
    }
    #expect(schema.count == 2 && !schema.joined().contains("attempts"))
    try old.close()

    let engine = try await open()
    #expect(
      try engine.catalog.read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") }
        == Catalog.schemaVersion)
    #expect(try await engine.tasks().map(\.status) == [.enqueued, .processing, .succeeded])
    #expect(try await engine.tasks().allSatisfy { $0.attempts == 0 })
    let task = try await engine.enqueue(notes("a"), requestKey: "k")
    #expect(try await work(engine, until: [task]) == [task.id])
    // Those whose processes have gone have no request to go on with.
    #expect(
      try await engine.tasks().map(\.status) == [.succeeded, .failed, .failed, .succeeded])
    #expect(try await engine.verify().problems == [])
  }

  /// A step of the schema that was released never changes.
  @Test(arguments: [
    ("1: collections, documents, chunks, segments, tasks", 379_681_397 as UInt32),
    ("2: queued tasks, request keys", 4_122_055_440),
    ("3: postings in files of their own", 3_067_456_041),
  ])
  func stepsOfTheSchemaStayAsTheyAre(step: String, checksum: UInt32) throws {
    let database = try DatabaseQueue()
    try Catalog.migrator.migrate(database, upTo: step)
    let schema = try database.read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT sql FROM sqlite_master WHERE sql NOT NULL ORDER BY name
          """)
    }
    let bytes = Array(schema.joined(separator: "\n").utf8)
    let found = unsafe CRC32C(bytes.span.bytes).value
    #expect(found == checksum)
  }
}
