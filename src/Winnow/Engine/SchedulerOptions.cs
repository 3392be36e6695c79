namespace Winnow.Engine;

/// <summary>The limits of the scheduler.</summary>
/// <param name="MaxRunning">How many sequences are computed at the same time.</param>
/// <param name="ChunkTokens">How many prompt tokens a step computes at most, over all sequences.</param>
/// <param name="AllLogitsTokens">How many of them may belong to sequences that need every token's logits.</param>
/// <param name="SeparatesPhases">Whether a step is either of prompts or of single tokens, because they are computed differently.</param>
internal readonly record struct SchedulerOptions(int MaxRunning, int ChunkTokens, int AllLogitsTokens, bool SeparatesPhases = false);
