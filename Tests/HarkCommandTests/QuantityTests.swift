import Testing

@testable import HarkCommand

@Suite struct QuantityTests {
  @Test(arguments: [
    (0, "0 files"), (1, "1 file"), (2, "2 files"), (999, "999 files"), (1000, "1,000 files"),
    (1_234_567, "1,234,567 files"), (-1200, "-1,200 files"),
  ])
  func countsHaveTheRightNumber(number: Int, text: String) {
    #expect(Quantity.count(number, "file") == text)
  }

  @Test func pluralsMayBeIrregular() {
    #expect(Quantity.count(1, "query", plural: "queries") == "1 query")
    #expect(Quantity.count(3, "query", plural: "queries") == "3 queries")
  }

  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (10_189, "10 KiB"), (319_488, "312 KiB"),
    (1_048_575, "1.0 MiB"), (1 << 20, "1.0 MiB"), (641_728_512, "612 MiB"), (3 << 30, "3.0 GiB"),
    (Int64.max, "8192 PiB"),
  ])
  func sizesAreInBinaryUnits(bytes: Int64, text: String) {
    #expect(Quantity.bytes(bytes) == text)
  }

  @Test(arguments: [
    (0.0, "0.00 s"), (0.344, "0.34 s"), (9.996, "10.0 s"), (12.14, "12.1 s"),
    (59.96, "1 min 0 s"), (125, "2 min 5 s"), (4_320, "1 h 12 min"), (.infinity, "unknown"),
    (.nan, "unknown"), (-1, "unknown"),
  ])
  func durationsHaveAtMostTwoUnits(seconds: Double, text: String) {
    #expect(Quantity.duration(seconds) == text)
  }

  @Test(
    arguments: [
      ("1", 1), ("512k", 512 << 10), ("256M", 256 << 20), ("2g", 2 << 30), ("0", nil), ("", nil),
      ("M", nil), ("1.5G", nil), ("-1", nil), ("+1", nil), ("9223372036854775807G", nil),
      ("3T", nil), ("१M", nil),
    ] as [(String, Int64?)])
  func byteCountsAreParsed(argument: String, bytes: Int64?) {
    #expect(ByteCount(argument: argument)?.bytes == bytes)
  }

  @Test(arguments: [(256 << 20, "256M"), (1 << 30, "1G"), (1536, "1536"), (2048, "2K")])
  func byteCountsAreShown(bytes: Int64, text: String) {
    #expect(ByteCount(bytes: bytes).defaultValueDescription == text)
  }
}
