using System;
using Winnow.Engine;

namespace Winnow.Evaluation;

/// <summary>The tokens of a question.</summary>
/// <param name="Length">The group that it is counted in.</param>
/// <param name="Context">The text, with the token that begins texts.</param>
/// <param name="Question">What follows it.</param>
/// <param name="Answer">What is to come then.</param>
internal sealed record RecallPrompt(int Length, int[] Context, int[] Question, int[] Answer)
{
    public static RecallPrompt Of(WinnowEngine engine, RecallQuestion question)
    {
        var options = new GenerationOptions();
        int[] context = engine.Prompts.Encode(question.Context, options);
        int[] asked = engine.Prompts.Encode(question.Context + question.Question, options);
        int[] answered = engine.Prompts.Encode(question.Context + question.Question + question.Answer, options);
        return new RecallPrompt(
            question.Length, context, Rest(asked, context) ?? engine.Prompts.EncodeMore(question.Question),
            Rest(answered, asked) ?? engine.Prompts.EncodeMore(question.Answer));
    }

    /// <summary>The text and the question.</summary>
    public int[] Whole => [.. Context, .. Question];

    // As parts of one text they are what the model was trained on; where the seam falls inside a token, each is a text of its own.
    private static int[]? Rest(int[] whole, int[] start) =>
        whole.Length > start.Length && whole.AsSpan(0, start.Length).SequenceEqual(start) ? whole[start.Length..] : null;
}
