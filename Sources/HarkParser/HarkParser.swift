import Parsers
@main struct HarkParser { static func main() { print(Parsers.stub()) } }
