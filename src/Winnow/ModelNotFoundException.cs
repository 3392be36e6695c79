namespace Winnow;

/// <summary>There is no model where one was looked for.</summary>
public sealed class ModelNotFoundException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">Where it was looked for.</param>
    /// <param name="message">What was missing there and what is expected.</param>
    public ModelNotFoundException(string path, string message)
        : base($"{path}: {message}") => Path = path;

    /// <summary>Where it was looked for.</summary>
    public string Path { get; }
}
