import ArgumentParser
@main struct HarkCommand: AsyncParsableCommand { static let configuration = CommandConfiguration(commandName: "hark") }
