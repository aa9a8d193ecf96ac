extension NumPyFile {
  /// Publishes an array of float32 as a file; see ``AtomicFile/publish(_:write:)``.
  ///
  /// - Parameters:
  ///   - path: where the file shall appear.
  ///   - numbers: the numbers, row by row.
  ///   - shape: the lengths of the dimensions, one or two.
  /// - Throws: `shape-invalid` where the shape holds another count of numbers;
  ///   `file-write-failed`, `disk-full`.
  package static func write(
    _ path: String, floats numbers: [Float], shape: [Int]
  ) throws(MachineError) {
    try write(path, numbers, kind: .float32, shape: shape)
  }

  /// Publishes an array of int32 as a file; see ``AtomicFile/publish(_:write:)``.
  ///
  /// - Parameters:
  ///   - path: where the file shall appear.
  ///   - numbers: the numbers, row by row.
  ///   - shape: the lengths of the dimensions, one or two.
  /// - Throws: `shape-invalid` where the shape holds another count of numbers;
  ///   `file-write-failed`, `disk-full`.
  package static func write(
    _ path: String, integers numbers: [Int32], shape: [Int]
  ) throws(MachineError) {
    try write(path, numbers, kind: .int32, shape: shape)
  }

  private static func write<Number: BitwiseCopyable>(
    _ path: String, _ numbers: [Number], kind: Kind, shape: [Int]
  ) throws(MachineError) {
    guard NumPyHeader.count(of: shape) == numbers.count else {
      throw MachineError(
        code: .shapeInvalid,
        message: "\(path): the shape \(shape) does not hold \(numbers.count) numbers.", path: path)
    }
    try AtomicFile.publish(path) { (writer) throws(MachineError) in
      try writer.write(NumPyHeader.bytes(kind: kind, shape: shape))
      try writer.write(numbers)
    }
  }
}
