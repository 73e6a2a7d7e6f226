namespace HeadScope.Silo.Security;

/// <summary>What a key's holder may do; each role may do what those before it may.</summary>
public enum Role
{
    /// <summary>See jobs and pull results.</summary>
    Reader,

    /// <summary>Submit, pause, resume and cancel jobs.</summary>
    Submitter,

    /// <summary>Change priorities, and delete jobs with all they have made.</summary>
    Admin,
}
