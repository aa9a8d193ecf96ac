import Foundation
import Machine
import TestKit
import Testing

@Suite struct MappedFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [MappedFile.Advice.normal, .random, .sequential])
  func bytesAreThoseOfTheFile(_ advice: MappedFile.Advice) throws {
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 * 31) }
    let file = try MappedFile(try folder.write("a", Data(bytes)), advice: advice)
    #expect(file.count == 10_000 && file.bytes.byteCount == 10_000)
    #expect(unsafe file.bytes.withUnsafeBytes { unsafe Array($0) } == bytes)
  }

  @Test func anEmptyFile() throws {
    let file = try MappedFile(try folder.write("empty", ""))
    #expect(file.count == 0 && file.bytes.isEmpty)
    let count = file.elements(of: UInt64.self, at: 0, count: 0)?.count
    #expect(count == 0)
    let more = file.elements(of: UInt8.self, at: 0, count: 1)?.count
    #expect(more == nil)
  }

  @Test(arguments: [
    (0, 4, true), (4, 3, true), (16, 0, true), (2, 1, false), (8, 3, false), (-4, 1, false),
    (0, -1, false), (20, 0, false), (0, Int.max, false), (Int.max, 1, false),
    (Int.max - 3, 1, false), (4, Int.max / 4, false),
  ]) func elementsLieInside(_ offset: Int, _ count: Int, _ isThere: Bool) throws {
    let file = try MappedFile(try folder.write("a", Data(count: 16)))
    let found = file.elements(of: UInt32.self, at: offset, count: count)?.count
    #expect(found == (isThere ? count : nil))
  }

  @Test func anUnlinkedFileStaysReadable() throws {
    let path = try folder.write("a", "still here")
    let file = try MappedFile(path)
    try FileManager.default.removeItem(atPath: path)
    #expect(unsafe file.bytes.withUnsafeBytes { unsafe Array($0) } == Array("still here".utf8))
  }

  @Test func whatIsNoFile() throws {
    let pipe = folder.file("pipe")
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    for (path, code) in [
      (folder.file("missing"), MachineError.Code.fileOpenFailed), (folder.path, .fileNotRegular),
      (pipe, .fileNotRegular), ("/dev/null", .fileNotRegular),
    ] {
      let error = #expect(throws: MachineError.self) { _ = try MappedFile(path) }
      #expect(error?.code == code)
      #expect(error?.path == path && error?.message.contains(path) == true)
    }
  }
}

@Suite struct AtomicFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func contents() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
  }

  @Test func aFileIsWrittenInPieces() throws {
    let path = folder.file("a")
    let large = [UInt8](repeating: 7, count: 300_000)
    let position = try AtomicFile.publish(path) { (writer) throws(MachineError) in
      try writer.write("head")
      try writer.write(UInt16(0x0201))
      try writer.align(to: 16)
      try writer.write([1.5, -2] as [Float])
      for _ in 0..<3 { try writer.write(large) }
      for _ in 0..<1_000 { try writer.write([UInt8](repeating: 9, count: 999)) }
      try writer.align(to: 4_096)
      unsafe try writer.overwrite(Array("HEAD".utf8).span.bytes, at: 0)
      return writer.position
    }
    let data = try Data(contentsOf: URL(filePath: path))
    #expect(data.count == position && position % 4_096 == 0)
    #expect(data.prefix(16) == Data("HEAD".utf8) + [1, 2] + Data(count: 10))
    #expect(Array(data[16..<24]) == [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0])
    #expect(data[24..<900_024].allSatisfy { $0 == 7 })
    #expect(data[900_024..<1_899_024].allSatisfy { $0 == 9 })
    #expect(data[1_899_024...].allSatisfy { $0 == 0 })
    #expect(try contents() == ["a"])
  }

  @Test func aFailureLeavesTheOldFile() throws {
    let path = try folder.write("a", "old")
    let failure = MachineError(code: .shapeInvalid, message: "The test wants it so.")
    let error = #expect(throws: MachineError.self) {
      try AtomicFile.publish(path) { (writer) throws(MachineError) in
        try writer.write([UInt8](repeating: 1, count: 600_000))
        throw failure
      }
    }
    #expect(error?.code == .shapeInvalid)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try contents() == ["a"])
  }

  @Test func beforeTheEndOnlyTheOldFileIsThere() throws {
    let path = try folder.write("a", "old")
    try AtomicFile.publish(path) { (writer) throws(MachineError) in
      try writer.write([UInt8](repeating: 1, count: 600_000))
      // What a crash at this point would leave: the old file, and a stray that tells what it is.
      let names = try? contents()
      #expect(names?.count == 2)
      #expect(names?.filter { $0.contains(AtomicFile.temporaryMark) }.count == 1)
      #expect((try? String(contentsOfFile: path, encoding: .utf8)) == "old")
    }
    #expect(try Data(contentsOf: URL(filePath: path)).count == 600_000)
  }

  @Test func overwritingBehindTheEnd() throws {
    for offset in [-1, 3, 5, Int.max] {
      let error = #expect(throws: MachineError.self) {
        try AtomicFile.publish(folder.file("a")) { (writer) throws(MachineError) in
          try writer.write("abcd")
          unsafe try writer.overwrite([1, 2].span.bytes, at: offset)
        }
      }
      #expect(error?.code == .shapeInvalid)
    }
    #expect(try contents().isEmpty)
  }

  @Test func whereNothingCanBeWritten() throws {
    for path in [folder.file("missing/a"), "/proc/a"] {
      let error = #expect(throws: MachineError.self) {
        try AtomicFile.publish(path) { (writer) throws(MachineError) in try writer.write("a") }
      }
      #expect(error?.code == .fileWriteFailed && error?.message.contains(path) == true)
      #expect(error?.message.hasSuffix("Check the path.") == true)
    }
    // A folder in the way: the file is written, and cannot be renamed.
    try FileManager.default.createDirectory(
      atPath: folder.file("b/c"), withIntermediateDirectories: true)
    #expect(throws: MachineError.self) {
      try AtomicFile.publish(folder.file("b")) { (writer) throws(MachineError) in
        try writer.write("a")
      }
    }
    #expect(try contents() == ["b"])
  }

  @Test func aFullDeviceHasItsOwnCode() {
    for number in [ENOSPC, EDQUOT] {
      let error = MachineError(.fileWriteFailed, cannot: "write to", "/x", errno: number)
      #expect(error.code == .diskFull && error.message.contains("Free some space"))
    }
  }

  @Test(arguments: [EIO, EACCES, EROFS, EMFILE, ENOMEM, ENOENT, EINVAL])
  func aFailedCallSaysWhatToDo(_ number: Int32) {
    let error = MachineError(.fileWriteFailed, cannot: "write to", "/x", errno: number)
    #expect(error.code == .fileWriteFailed && error.errno == number)
    let words = MachineError.text(of: number)
    #expect(error.message.hasPrefix("Cannot write to /x: \(words). "))
    #expect(error.message.hasSuffix(".") && !error.message.hasSuffix("\(words). "))
  }
}

@Suite struct FileLockTests {
  @Test func oneHolderAtATime() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("lock")
    do {
      let lock = try FileLock(path)
      #expect(lock.path == path)
      let error = #expect(throws: MachineError.self) { _ = try FileLock(path) }
      #expect(error?.code == .fileLocked)
      #expect(error?.message.contains("(\(getpid()))") == true)
    }
    _ = try FileLock(path)
    #expect(throws: MachineError.self) { _ = try FileLock(folder.file("missing/lock")) }
  }

  @Test func waitingEndsWhenTheHolderGoes() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("lock")
    let waiter: Task<Void, any Error>
    do {
      let lock = try FileLock(path)
      waiter = Task { try await WorkerPool.detached { _ = try FileLock(path, wait: true) } }
      #expect(lock.path == path)
    }
    try await waiter.value
    _ = try FileLock(path)
  }
}
