namespace Winnow;

/// <summary>The model is well-formed, but of a kind that Winnow does not run.</summary>
public sealed class UnsupportedModelException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The model.</param>
    /// <param name="message">What is not supported, and what is.</param>
    public UnsupportedModelException(string path, string message)
        : base($"{path}: {message}") => Path = path;

    /// <summary>The model.</summary>
    public string Path { get; }
}
