namespace HeadScope.Data.Tokens.Concatenation;

/// <summary>How far it is: what was read, and what was made of it.</summary>
/// <param name="Documents">Documents read.</param>
/// <param name="Tokens">Tokens of the text in them, without padding and the rows' beginnings.</param>
/// <param name="Rows">Rows written.</param>
public readonly record struct ConcatenationProgress(long Documents, long Tokens, long Rows);
