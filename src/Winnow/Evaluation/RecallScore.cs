namespace Winnow.Evaluation;

/// <summary>How many questions of a group were answered.</summary>
/// <param name="Length">The group: <see cref="RecallQuestion.Length"/>.</param>
/// <param name="Questions">How many were asked.</param>
/// <param name="Exact">How many of them were answered token by token.</param>
public readonly record struct RecallScore(int Length, int Questions, int Exact);
