import Foundation
import Machine
import TestKit
import Testing

enum NumPyFixture {
  /// The bytes of a file with a header of our choice.
  static func bytes(_ header: String, version: [UInt8] = [1, 0], data: [UInt8] = []) -> Data {
    let length = UInt32(header.utf8.count)
    var head: [UInt8] = [0x93] + Array("NUMPY".utf8) + version
    head += (0..<(version[0] == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    return Data(head + Array(header.utf8) + data)
  }

  /// A mapped file of ones that ends where its page ends.
  static func pageEndingWith(floats count: Int) throws -> MappedFile {
    let folder = try TemporaryFolder()
    let path = folder.file("ones")
    try AtomicFile.publish(path) { (writer) throws(MachineError) in
      try writer.write([Float](repeating: 1, count: count))
    }
    return try MappedFile(path)
  }
}

@Suite struct NumPyFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [[6], [2, 3], [3, 2], [1, 6], [6, 1]]) func floats(_ shape: [Int]) throws {
    let numbers: [Float] = [1, -2.5, .infinity, 0x1p-140, -0.0, 3]
    let path = folder.file("a.npy")
    try NumPyFile.write(path, floats: numbers, shape: shape)
    let file = try NumPyFile(path)
    #expect(file.kind == .float32 && file.shape == shape && file.count == 6)
    #expect(try file.floats() == numbers)
    let first = try file.floats(rows: 0..<1)
    #expect(first == Array(numbers.prefix(file.columns)))
    #expect(try file.floats(rows: file.rows..<file.rows).isEmpty)
    for range in [0..<(file.rows + 1), -1..<1] {
      let error = #expect(throws: MachineError.self) { try file.floats(rows: range) }
      #expect(error?.code == .shapeInvalid)
    }
    #expect(throws: MachineError.self) { try file.integers() }
    let head = try Data(contentsOf: URL(filePath: path)).prefix(128)
    #expect(head.count == 128 && head.last == 0x0A && (head.count - 10) % 64 == 54)
  }

  @Test func integers() throws {
    let path = folder.file("a.npy")
    try NumPyFile.write(path, integers: [1, .min, .max], shape: [3])
    let file = try NumPyFile(path)
    #expect(file.kind == .int32 && file.rows == 3 && file.columns == 1)
    #expect(try file.integers() == [1, Int64(Int32.min), Int64(Int32.max)])
    #expect(throws: MachineError.self) { try file.floats() }
    #expect(throws: MachineError.self) {
      try NumPyFile.write(path, integers: [1, 2, 3], shape: [2])
    }
    #expect(throws: MachineError.self) {
      try NumPyFile.write(path, integers: [1], shape: [1, 1, 1])
    }
  }

  @Test func otherWritersFiles() throws {
    let half = NumPyFixture.bytes(
      "{\"shape\":(2,1),\"descr\":\"<f2\",\"fortran_order\":False}", version: [2, 0],
      data: [0x00, 0x3C, 0x00, 0xC0])
    #expect(try NumPyFile(try folder.write("half.npy", half)).floats() == [1, -2])
    let long = NumPyFixture.bytes(
      "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }     \n",
      data: [0xFE] + [UInt8](repeating: 0xFF, count: 7))
    #expect(try NumPyFile(try folder.write("long.npy", long)).integers() == [-2])
    let none = NumPyFixture.bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 384), }")
    let file = try NumPyFile(try folder.write("none.npy", none))
    #expect((file.rows, file.columns, file.count) == (0, 384, 0))
    #expect(try file.floats().isEmpty)
  }

  struct Malformed: CustomTestStringConvertible {
    var testDescription: String
    var bytes: Data
    var says: String

    init(_ description: String, _ bytes: Data, says: String) {
      testDescription = description
      self.bytes = bytes
      self.says = says
    }
  }

  static func header(_ text: String) -> Data {
    NumPyFixture.bytes(text, data: [0, 0, 0, 0])
  }

  @Test(arguments: [
    Malformed("empty", Data(), says: "not a NumPy array"),
    Malformed("text", Data("hello, this is text".utf8), says: "not a NumPy array"),
    Malformed("magic alone", header("").prefix(9), says: "not a NumPy array"),
    Malformed("version 3", NumPyFixture.bytes("", version: [3, 0]), says: "version 3.0"),
    Malformed("version 1.1", NumPyFixture.bytes("", version: [1, 1]), says: "version 1.1"),
    Malformed("header cut", header("{'descr': '<f4'}").prefix(20), says: "ends within its header"),
    Malformed("no dictionary", header("[1, 2]"), says: "'{' is missing"),
    Malformed("no end", header("{'descr': '<f4'"), says: "'}' is missing"),
    Malformed("open string", header("{'descr"), says: "no end"),
    Malformed("open tuple", header("{'shape': (1, "), says: "length is missing"),
    Malformed("negative", header("{'shape': (-1,)}"), says: "length is missing"),
    Malformed(
      "a length that overflows", header("{'shape': (99999999999999999999,)}"), says: "too great"),
    Malformed("twice", header("{'descr': '<f4', 'descr': '<f4'}"), says: "twice"),
    Malformed(
      "more behind", header("{'descr': '<f4'} or so"), says: "something follows the dictionary"),
    Malformed("empty dictionary", header("{}"), says: "without a plain 'descr'"),
    Malformed(
      "structured", header("{'descr': (1, 2), 'fortran_order': False, 'shape': (1,)}"),
      says: "without a plain 'descr'"),
    Malformed(
      "big-endian", header("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}"),
      says: "'>f4'"),
    Malformed(
      "objects", header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), says: "'|O'"),
    Malformed(
      "no order", header("{'descr': '<f4', 'shape': (1,)}"), says: "without 'fortran_order'"),
    Malformed(
      "Fortran order", header("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 1)}"),
      says: "Fortran order"),
    Malformed(
      "no shape", header("{'descr': '<f4', 'fortran_order': False}"), says: "without a 'shape'"),
    Malformed(
      "scalar", header("{'descr': '<f4', 'fortran_order': False, 'shape': ()}"),
      says: "0 dimensions"),
    Malformed(
      "three dimensions", header("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1)}"),
      says: "3 dimensions"),
    Malformed(
      "too short", header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"),
      says: "does not fit"),
    Malformed(
      "too long", header("{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}"),
      says: "does not fit"),
    Malformed(
      "a size that overflows",
      header(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387905, 4)}"),
      says: "does not fit"),
  ]) func malformed(_ test: Malformed) throws {
    let path = try folder.write("bad.npy", test.bytes)
    let error = #expect(throws: MachineError.self) { _ = try NumPyFile(path) }
    #expect(error?.code == .numpyInvalid)
    #expect(error?.path == path)
    #expect(error?.message.contains(test.says) == true, "\(error?.message ?? "")")
  }

  /// No change of a byte of the header may do worse than give an error or another array.
  @Test func everyByteOfAHeaderChanged() throws {
    let path = folder.file("a.npy")
    try NumPyFile.write(path, floats: [1, 2, 3, 4, 5, 6], shape: [2, 3])
    let sound = try Data(contentsOf: URL(filePath: path))
    for offset in 0..<128 {
      for byte in [0x00, 0x20, 0x27, 0x39, 0xFF] as [UInt8] {
        var changed = sound
        changed[offset] = byte
        let path = try folder.write("changed.npy", changed)
        do {
          let file = try NumPyFile(path)
          #expect(file.count * file.kind.width == 24)
        } catch {
          #expect(error.code == .numpyInvalid)
        }
      }
    }
  }

  static let docs384 = TestData.folder("vectors")

  /// Files that NumPy itself wrote.
  @Test(.enabled(if: docs384 != nil)) func numPysOwnFiles() throws {
    let folder = try #require(Self.docs384)
    let base = try NumPyFile(folder.appending(path: "docs384_base.npy").path)
    #expect(base.kind == .float16 && base.shape == [60_000, 384])
    let row = try base.floats(rows: 59_999..<60_000)
    #expect((row.reduce(0) { $0 + $1 * $1 } - 1).magnitude < 1e-2)
    let truth = try NumPyFile(folder.appending(path: "docs384_truth.npy").path)
    #expect(truth.shape == [1_000, 100])
    #expect(try truth.integers().allSatisfy { 0..<60_000 ~= $0 })
  }
}
