namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>A place between two characters of a <see cref="JoinedText"/>.</summary>
/// <param name="Piece">Which of its pieces.</param>
/// <param name="Index">Of the character behind it, in the piece's UTF-16 code units.</param>
/// <param name="Scalar">The same in Unicode scalar values.</param>
internal readonly record struct TextPosition(int Piece, int Index, int Scalar);
