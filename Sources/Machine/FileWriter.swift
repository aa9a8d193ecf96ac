import Glibc

/// A new file that is written from the front to the back through a buffer.
///
/// Integers are written little-endian, arrays in the byte order of the machine.
package struct FileWriter: ~Copyable {
  /// The file's path.
  package let path: String
  /// How many bytes were written so far, buffered ones included.
  package private(set) var position = 0

  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private static let capacity = 1 << 18

  /// Makes a new file, which only its maker may write.
  ///
  /// - Throws: `file-write-failed` (also where the file exists) or `disk-full`.
  package init(creating path: String) throws(MachineError) {
    guard FileFaults.permit() != nil else {
      throw MachineError(.fileWriteFailed, cannot: "create", path, errno: EIO)
    }
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw MachineError(.fileWriteFailed, cannot: "create", path, errno: errno)
    }
    self.path = path
    self.descriptor = descriptor
    buffer.reserveCapacity(FileWriter.capacity)
  }

  deinit { close(descriptor) }

  /// Appends bytes.
  ///
  /// - Throws: `file-write-failed` or `disk-full`.
  package mutating func write(_ bytes: RawSpan) throws(MachineError) {
    if bytes.byteCount >= FileWriter.capacity {
      try flush()
      try store(bytes, at: position)
    } else {
      if buffer.count + bytes.byteCount > FileWriter.capacity { try flush() }
      unsafe bytes.withUnsafeBytes { unsafe buffer.append(contentsOf: $0) }
    }
    position += bytes.byteCount
  }

  /// Appends the elements of an array, in the byte order of the machine.
  ///
  /// - Throws: `file-write-failed` or `disk-full`.
  package mutating func write<Element: BitwiseCopyable>(
    _ elements: [Element]
  ) throws(MachineError) {
    unsafe try write(elements.span.bytes)
  }

  /// Appends a text as UTF-8.
  ///
  /// - Throws: `file-write-failed` or `disk-full`.
  package mutating func write(_ text: String) throws(MachineError) {
    try write(Array(text.utf8))
  }

  /// Appends an integer, little-endian.
  ///
  /// - Throws: `file-write-failed` or `disk-full`.
  package mutating func write<Integer: FixedWidthInteger & BitwiseCopyable>(
    _ integer: Integer
  ) throws(MachineError) {
    try write([integer.littleEndian])
  }

  /// Appends zeros until the position is a multiple of `alignment`.
  ///
  /// - Throws: `file-write-failed` or `disk-full`.
  package mutating func align(to alignment: Int) throws(MachineError) {
    let rest = position % alignment
    if rest != 0 { try write([UInt8](repeating: 0, count: alignment - rest)) }
  }

  /// Writes bytes over others that were written before; the position stays.
  ///
  /// - Throws: `file-write-failed`, `disk-full`, or `shape-invalid` where the bytes do not lie
  ///   wholly before the position.
  package mutating func overwrite(_ bytes: RawSpan, at offset: Int) throws(MachineError) {
    guard offset >= 0, offset <= position, bytes.byteCount <= position - offset else {
      throw MachineError(
        code: .shapeInvalid,
        message: "Cannot overwrite \(path) at \(offset): only \(position) bytes are written.",
        path: path)
    }
    try flush()
    try store(bytes, at: offset)
  }

  /// Hands all bytes to the system and waits until they are durable.
  ///
  /// - Throws: `file-write-failed` or `disk-full`.
  package mutating func synchronize() throws(MachineError) {
    try flush()
    guard FileFaults.permit() != nil, fsync(descriptor) == 0 else {
      throw MachineError(.fileWriteFailed, cannot: "sync", path, errno: errno)
    }
  }

  private mutating func flush() throws(MachineError) {
    guard !buffer.isEmpty else { return }
    unsafe try store(buffer.span.bytes, at: position - buffer.count)
    buffer.removeAll(keepingCapacity: true)
  }

  private func store(_ bytes: RawSpan, at offset: Int) throws(MachineError) {
    var done = 0
    while done < bytes.byteCount {
      guard let permitted = FileFaults.permit(writing: bytes.byteCount - done), permitted > 0 else {
        throw MachineError(.fileWriteFailed, cannot: "write to", path, errno: EIO)
      }
      let written = unsafe bytes.withUnsafeBytes {
        unsafe pwrite(
          descriptor, $0.baseAddress?.advanced(by: done), permitted, off_t(offset + done))
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw MachineError(.fileWriteFailed, cannot: "write to", path, errno: errno)
      }
      done += written
    }
  }
}
