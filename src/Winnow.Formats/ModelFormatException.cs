using System;

namespace Winnow.Formats;

/// <summary>A model file, tokenizer, configuration or template is damaged, contradicts itself or uses what Winnow does not know.</summary>
public sealed class ModelFormatException : WinnowException
{
    /// <summary>Creates the exception; path, offset and key become part of the message.</summary>
    /// <param name="message">What was wrong and what to do instead.</param>
    /// <param name="path">The file, or null where the input was not a file.</param>
    /// <param name="offset">The byte offset at which it was noticed, where that has a meaning.</param>
    /// <param name="key">The metadata key, tensor, token or template construct at fault.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ModelFormatException(
        string message, string? path = null, long? offset = null, string? key = null, Exception? innerException = null)
        : base(Compose(message, path, offset, key), innerException)
    {
        Path = path;
        Offset = offset;
        Key = key;
    }

    /// <summary>The file, or null where the input was not a file.</summary>
    public string? Path { get; }

    /// <summary>The byte offset at which it was noticed.</summary>
    public long? Offset { get; }

    /// <summary>The metadata key, tensor, token or template construct at fault.</summary>
    public string? Key { get; }

    private static string Compose(string message, string? path, long? offset, string? key)
    {
        string where = path ?? "";
        where += key is null ? "" : (where.Length > 0 ? ", " : "") + $"'{key}'";
        where += offset is null ? "" : (where.Length > 0 ? ", " : "") + $"at byte {offset}";
        return where.Length == 0 ? message : $"{where}: {message}";
    }
}
