using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Winnow.Evaluation;

/// <summary>A text, a question about it, and the one right continuation.</summary>
/// <param name="Length">The group that it is counted in, which goes by the length of the text.</param>
/// <param name="Context">The text.</param>
/// <param name="Question">What follows the text and breaks off where the answer begins.</param>
/// <param name="Answer">The answer, with the space that it begins with.</param>
public sealed record RecallQuestion(int Length, string Context, string Question, string Answer)
{
    /// <summary>
    /// Reads a file with one JSON object a line: <c>{"length": 200, "context": "...", "question": "...", "answer": "..."}</c>. Empty lines do not count.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="WinnowException">A line is not a question, or there is none; the message names the file and the line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<IReadOnlyList<RecallQuestion>> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string[] lines = await File.ReadAllLinesAsync(path, cancellationToken).ConfigureAwait(false);
        RecallQuestion[] questions =
        [
            .. lines.Select((line, index) => (Line: line, Place: $"{path}, line {index + 1}"))
                .Where(each => !string.IsNullOrWhiteSpace(each.Line))
                .Select(each => Parse(each.Line, each.Place)),
        ];
        return questions.Length > 0 ? questions : throw new WinnowException(
            $"{path}: there is no question in it; a question is a line {{\"length\": 200, \"context\": \"...\", \"question\": \"...\", \"answer\": \"...\"}}.");
    }

    private static RecallQuestion Parse(string line, string place)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new WinnowException($"{place}: a question is a JSON object.");
            }

            return new RecallQuestion(LengthOf(root, place), TextOf(root, "context", place), TextOf(root, "question", place), TextOf(root, "answer", place));
        }
        catch (JsonException exception)
        {
            throw new WinnowException($"{place}: this is not JSON from byte {exception.BytePositionInLine} on; a question is a JSON object on a line of its own.", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new WinnowException($"{place}: a text holds half of a surrogate pair; write the character itself or both halves.", exception);
        }
    }

    private static int LengthOf(JsonElement root, string place) =>
        root.TryGetProperty("length", out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int length) && length > 0
            ? length
            : throw new WinnowException($"{place}: 'length' must be a whole number, 1 or more.");

    private static string TextOf(JsonElement root, string name, string place) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw new WinnowException($"{place}: '{name}' must be a text that is not empty.");
}
