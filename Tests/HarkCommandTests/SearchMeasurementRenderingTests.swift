import Testing

@testable import Hark
@testable import HarkCommand

@Suite struct SearchMeasurementRenderingTests {
  @Test func wholeText() {
    let status = IndexStatus(
      collection: "default", dimension: 384, model: "m-stub", chunks: 1_200,
      segments: [.init(file: "1.hark", generation: 1, vectors: 1_000, bytes: 1)], tail: 200,
      masked: 0)
    func times(_ stages: [(SearchStage, Duration)]) -> [SearchTimes] {
      [SearchTimes(hits: 7, total: .milliseconds(12), stages: stages)]
    }
    let measurement = SearchMeasurement(
      status, documents: 1, isSynthetic: true, queries: 1,
      settings: SearchBenchmark(modes: [.hybrid, .text], rounds: 1),
      times: [
        times([(.embed, .microseconds(1_250)), (.vectors, .milliseconds(10))]),
        times([(.vectors, .milliseconds(11))]),
      ])
    #expect(
      SearchMeasurementRendering(measurement: measurement).text == """
        store    1,200 chunks of 1 document, generated; 1 segment, 200 in the tail
        model    m-stub, 384 dimensions; nothing is embedded
        queries  1 query from the store, 10 hits at most, 1 round in turns after 1
        machine  \(measurement.machine); kernels \(measurement.kernels)

        mode    stage    mean ms  p50 ms  p95 ms  p99 ms  hits
        hybrid  embed      1.250   1.250   1.250   1.250     -
        hybrid  vectors   10.000  10.000  10.000  10.000     -
        hybrid  total     12.000  12.000  12.000  12.000   7.0
        text    vectors   11.000  11.000  11.000  11.000     -
        text    total     12.000  12.000  12.000  12.000   7.0

        """)
  }
}
