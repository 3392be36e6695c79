namespace Winnow.Formats.Templates;

/// <summary>
/// A chat template refused a conversation or could not be applied to it: the roles do not alternate, a field that the
/// template reads is missing, tools are not supported. The model file is in order; the conversation has to change.
/// </summary>
public sealed class ChatTemplateException : WinnowException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The template's own words, or what could not be evaluated.</param>
    /// <param name="line">The line of the template, from 1, or null where it is not known.</param>
    public ChatTemplateException(string message, int? line = null)
        : base(message)
    {
        Line = line;
    }

    /// <summary>The line of the template, from 1, or null where it is not known.</summary>
    public int? Line { get; }
}
